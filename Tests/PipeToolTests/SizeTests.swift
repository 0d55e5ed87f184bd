import Testing

@testable import PipeTool

/// Sizes as people write them.
@Suite struct SizeTests {
  @Test(arguments: [
    ("1", 1), ("500", 500), ("500b", 500), ("64k", 64_000), ("64K", 64_000), ("500M", 500_000_000),
    ("20G", 20_000_000_000), ("20GB", 20_000_000_000), ("1.5T", 1_500_000_000_000), ("4Gi", 4 << 30),
    ("4GiB", 4 << 30), ("0.5Mi", 1 << 19), ("1.6", 2),
  ])
  func areRead(_ text: String, _ bytes: Int) { #expect(Size(text)?.bytes == bytes) }

  @Test(arguments: [
    "", "G", "-1G", "+1G", "0", "0.2", "1e3", "20X", "20 G", "20GG", "1.2.3G", ".5G", "5.G", "nan", "inf",
    "1i",
    "99999999999T", "²G", "1,5G", "0x10",
  ])
  func areRefused(_ text: String) { #expect(Size(text) == nil) }
}
