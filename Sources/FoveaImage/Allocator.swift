import CFoveaImage

/// The C library's allocator, which gives images and decoders their memory.
public enum Allocator {
  /// Lets the process keep freed memory for its next image: a choice for programs that prepare many, not for libraries.
  ///
  /// glibc gives blocks of more than 128 KiB and the end of its heap back to the system at once. The next image of the same
  /// size then has a page fault every 4 KiB, a third of the time of preparing a photograph. Blocks of more than 8 MiB go
  /// back as before; of the rest each thread keeps at most 32 MiB that nobody uses. Does nothing with other C libraries.
  public static func keepFreedMemory() {
    fi_keep_freed_memory(8 << 20, 32 << 20)
  }
}
