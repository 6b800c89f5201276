import FoveaNN
import Testing

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("epoch", "epochs"), ("resnte18", "resnet18"), ("Epochs", "epochs"), ("aug", "augment"), ("zzz", nil),
    ("", nil),
  ])
  func findsSlips(_ name: String, _ expected: String?) {
    #expect(NearestName.of(name, in: ["resnet18", "epochs", "augment"]) == expected)
  }
}
