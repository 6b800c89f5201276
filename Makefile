# The two commands that a new machine needs: `make demo` and `make test`. Both install what is missing first.

SWIFT ?= swift
PREFIX ?= /usr/local
BUILD := .build/release
FOVEA := $(BUILD)/fovea

# Where the demo puts its data, its run and its pictures.
DEMO ?= demo
# What `make compare` measures beside. PyTorch for CPUs comes from its own index where pip's does not have it.
PEERS := numpy torch==2.13.0+cpu onnx onnxruntime openvino Pillow opencv-python-headless
# More arguments for the demo's training, `--set train.epochs=2` for example.
DEMO_TRAIN ?=

.PHONY: help setup build demo test check-kernels check-arm64 torture fuzz sanitize coverage compare lint format install clean

help:
	@echo 'make demo             build, train on a generated data set, classify, draw attention maps'
	@echo 'make test             build and run the tests'
	@echo 'make check-kernels    check the C kernels alone, on every instruction set of this CPU: seconds'
	@echo 'make check-arm64      the same for NEON, cross-compiled and run by qemu'
	@echo 'make torture          kill training runs at every system call, fail these calls, damage checkpoints'
	@echo 'make fuzz TARGET=png SECONDS=60   feed a reader of foreign bytes with made-up input'
	@echo 'make sanitize         the tests under AddressSanitizer and ThreadSanitizer, the C also under UBSan'
	@echo 'make coverage         which lines the tests run'
	@echo 'make build            build in release: $(FOVEA)'
	@echo 'make install PREFIX=… install one binary with the Swift runtime inside, its manual page and what shells complete;'
	@echo '                      PREFIX is $(PREFIX)'
	@echo 'make compare          measure beside PyTorch and others; CASES=train-resnet20 for one case'
	@echo 'make lint             check the format of the source'
	@echo 'make format           correct it'
	@echo 'make clean            remove what was built'

setup:
	@Scripts/setup

build: setup
	$(SWIFT) build -c release --product fovea

demo: build
	@Scripts/demo $(FOVEA) $(DEMO) $(DEMO_TRAIN)

# A build folder of its own: tests need -enable-testing, and sharing one would build everything anew each time. One
# test at a time: some choose the kernels or the threads of the whole process, and others compare bits.
test: setup
	$(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path .build/testing --no-parallel

# Every family of kernels against naive loops, without SwiftPM; FAMILIES='conv winograd' for some of them.
check-kernels:
	@Scripts/check-kernels $(FAMILIES)

check-arm64:
	@Scripts/check-kernels arm64 $(FAMILIES)

# TORTURE=short for a part of it.
torture: build
	@Scripts/setup torture
	$(SWIFT) build -c release --product torture
	@Scripts/torture $(FOVEA) $(BUILD)/torture $(TORTURE)

TARGET ?= figures
SECONDS ?= 60
fuzz: setup
	@Scripts/fuzz $(TARGET) $(SECONDS)

# Each with a build folder of its own. SANITIZERS='address' for one of them.
sanitize: setup
	@Scripts/sanitize $(SANITIZERS)

coverage: setup
	@Scripts/coverage

# Fovea and its peers side by side, as Benchmarks/README.md explains. The peers go into a virtual environment in the
# build folder.
compare: build
	$(SWIFT) build -c release --package-path Benchmarks --product step
	$(SWIFT) build -c release --package-path Benchmarks --product prepare
	test -d .build/peers || python3 -m venv .build/peers
	.build/peers/bin/pip install -q $(PEERS)
	.build/peers/bin/python Benchmarks/compare $(CASES)

lint: setup
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks Fuzz
	@Scripts/lint

format: setup
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks Fuzz

install: setup
	$(SWIFT) build -c release --product fovea --static-swift-stdlib --scratch-path .build/static
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -s -m 755 .build/static/release/fovea "$(DESTDIR)$(PREFIX)/bin/fovea"
	@Scripts/install-extras .build/static/release/fovea "$(DESTDIR)$(PREFIX)/share"

clean:
	rm -rf .build $(DEMO)
