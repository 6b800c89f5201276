import FoveaFormats
import Testing

/// By the rules of RFC 4180.
@Suite struct CSVTests {
  @Test func fieldsAreQuotedWhereTheyMustBe() {
    #expect(CSV.line(["a", "", "-x.png", "=1"]) == "a,,-x.png,=1\n")
    #expect(
      CSV.line(["a,b", "say \"hi\"", "two\nlines", " edge"])
        == "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\" edge\"\n")
    #expect(CSV.line(["a\r\nb"]) == "\"a\r\nb\"\n")
    #expect(CSV.line([""]) == "\"\"\n")
  }

  @Test func recordsComeBackAsTheyWere() {
    let records = [
      ["a,b", "say \"x\"", ""], ["line\nbreak", "", "é"], ["\r\n", " ", "\"\"", "\",\""], [""], ["", ""],
    ]
    #expect(CSV.records(records.map(CSV.line).joined()) == records)
    #expect(CSV.records("a,b\r\nc,d") == [["a", "b"], ["c", "d"]])
    #expect(CSV.records("\"never closed,\n") == [["never closed,\n"]])
  }
}
