@testable import FoveaCLI
import Testing

@Suite struct NumberTests {
  @Test func fixedDecimals() {
    #expect(fixed(1.005, 2) == "1.00")
    #expect(fixed(0.05, 1) == "0.1")
    #expect(fixed(-0.04, 1) == "0.0")
    #expect(fixed(-12.345, 2) == "-12.35" || fixed(-12.345, 2) == "-12.34")
    #expect(fixed(99.95, 1) == "100.0" || fixed(99.95, 1) == "99.9")
    #expect(fixed(7, 0) == "7")
    #expect(fixed(.nan, 2) == "nan")
    #expect(fixed(-.infinity, 2) == "-inf")
    #expect(fixed(1e300, 2) == "1e+300")
  }

  @Test func groups() {
    #expect(grouped(0) == "0")
    #expect(grouped(999) == "999")
    #expect(grouped(1000) == "1,000")
    #expect(grouped(-1_234_567) == "-1,234,567")
    #expect(grouped(Int.min).hasPrefix("-9,223,"))
    #expect(counted(1, "image") == "1 image")
    #expect(counted(0, "image") == "0 images")
    #expect(counted(1200, "image") == "1,200 images")
  }

  @Test func learningRates() {
    #expect(significant(0.1) == "0.100")
    #expect(significant(0.0125) == "0.0125")
    #expect(significant(0.000_078) == "0.0000780")
    #expect(significant(4.405e-9) == "4.41e-9" || significant(4.405e-9) == "4.40e-9")
    #expect(significant(0) == "0")
  }

  @Test func lengthsOfRuns() {
    #expect(
      runLength(epochs: 14, stepsPerEpoch: 187, totalSteps: 2618)
        == "14 epochs of 187 steps, 2,618 in all")
    #expect(runLength(epochs: 1, stepsPerEpoch: 1, totalSteps: 1) == "1 epoch of 1 step, 1 in all")
    #expect(
      runLength(epochs: 2, stepsPerEpoch: 468, totalSteps: 500) == "500 steps, of which an epoch has 468")
  }

  @Test func durations() {
    #expect(duration(7) == "0:07")
    #expect(duration(750) == "12:30")
    #expect(duration(3723) == "1:02:03")
    #expect(duration(.infinity) == "?")
  }
}

@Suite struct JSONTextTests {
  @Test func compactAndPretty() {
    let value = JSONText.object([
      ("b", .int(1)), ("a", .array([.float(0.5), .null, .bool(true)])),
      ("nested", .array([.object([("x", .double(1e-7))])])), ("empty", .array([])),
    ])
    #expect(value.compact == #"{"b":1,"a":[0.5,null,true],"nested":[{"x":1e-07}],"empty":[]}"#)
    #expect(
      value.pretty == """
        {
          "b": 1,
          "a": [0.5, null, true],
          "nested": [
            {
              "x": 1e-07
            }
          ],
          "empty": []
        }
        """)
  }

  @Test func stringsAreEscaped() {
    let text = JSONText.string("a\"b\\c\nd\r\te\u{1}\u{2028}é漢\u{1F600}").compact
    #expect(text == "\"a\\\"b\\\\c\\nd\\r\\te\\u0001\\u2028é漢\u{1F600}\"")
  }

  @Test func whatIsNoNumberIsNull() {
    #expect(JSONText.array([.float(.nan), .double(.infinity)]).compact == "[null,null]")
  }
}

@Suite struct TextTableTests {
  @Test func alignsByColumnsOfTheTerminal() {
    var table = TextTable(["class", "n"], [.left, .right])
    table.add(["rose", "10"])
    table.add(["漢字\n", "5"])
    #expect(table.text == "class    n\nrose    10\n漢字\\n   5")
  }
}

@Suite struct ProgressTests {
  /// A clock that tests move.
  final class Clock: @unchecked Sendable {
    var now = 100.0
  }

  @Test func plainLinesOnceInAWhile() {
    let errors = MemorySink()
    let clock = Clock()
    var progress = Progress(
      Console(output: MemorySink(), errors: errors), noun: "images", total: 100, clock: { clock.now })
    progress.update(1)
    clock.now += 14
    progress.update(10)
    #expect(errors.text == "")
    clock.now += 6
    progress.update(40)
    clock.now += 1
    progress.update(41)
    progress.clear()
    #expect(errors.text == "40/100 images, 2.0/s, 0:30 left\n")
  }

  @Test func aBarThatIsDrawnOver() {
    let errors = MemorySink()
    let clock = Clock()
    let console = Console(output: MemorySink(), errors: errors, errorsAreTerminal: true)
    var progress = Progress(console, noun: "images", total: 4, clock: { clock.now })
    clock.now += 1
    progress.update(2)
    #expect(errors.text == "\r▕████████████            ▏ 2/4 images, 2.0/s, 0:01 left\u{1B}[K")
    progress.clear()
    #expect(errors.text.hasSuffix("\r\u{1B}[K"))
  }

  /// What is left to wait matters more than the bar.
  @Test func theBarGivesWayToTheWords() {
    func line(_ width: Int) -> String {
      Progress.line(5, of: 10, before: "epoch 1/2", after: "loss 2.134, 0:02 left", width: width)
    }
    #expect(line(120) == "epoch 1/2 ▕████████████            ▏ loss 2.134, 0:02 left")
    #expect(line(45) == "epoch 1/2 ▕█████     ▏ loss 2.134, 0:02 left")
    #expect(line(45).count == 44)
    #expect(line(36) == "epoch 1/2 loss 2.134, 0:02 left")
    #expect(line(20) == "epoch 1/2 loss 2.13")
    #expect(Progress.line(1, of: 4, after: "1/4", width: 80) == "▕██████                  ▏ 1/4")
  }

  @Test func noBarWhereRowsAreShown() {
    let errors = MemorySink()
    let clock = Clock()
    let console = Console(
      output: MemorySink(), errors: errors, outputIsTerminal: true, errorsAreTerminal: true)
    var progress = Progress(console, noun: "images", total: nil, writesRows: true, clock: { clock.now })
    clock.now += 60
    progress.update(2)
    #expect(errors.text == "")
    // Without rows there is room for the bar.
    var other = Progress(console, noun: "images", total: 4, clock: { clock.now })
    clock.now += 1
    other.update(2)
    #expect(errors.text.contains("2/4 images"))
  }
}
