import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct AccumulationTests {
  @Test(arguments: [0, 1, 7, 64, 65_537, 200_003])
  func addsElementByElement(_ count: Int) {
    let x = Tensor.random([count], seed: 1)
    let start = Tensor.random([count], seed: 2)
    var sum = start
    Accumulation.add(x, into: &sum)
    #expect(sum.scalars == zip(x.scalars, start.scalars).map { $1 + $0 })
  }
}
