import FoveaAutodiff
import FoveaNN
import FoveaTensor

/// A network that has forgotten what it learnt: the values of each parameter in a random order, which keeps their scale.
///
/// A map that stays the same on it shows the image, or the architecture, but nothing that was learnt (Adebayo et al.,
/// "Sanity Checks for Saliency Maps", NeurIPS 2018).
public enum ShuffledNetwork {
  /// - Throws: never for a network that exists; its configuration was valid.
  public static func make(_ network: Network, seed: UInt64) throws -> Network {
    let shuffled = try Network(network.configuration, seed: nil)
    try shuffled.load(state: network.stateTensors())
    for (number, parameter) in shuffled.parameters.enumerated() {
      var random = CounterRandom(seed: seed, purpose: .explanation, epoch: 1, sample: number)
      let values = parameter.value.scalars
      parameter.value = Tensor(
        random.permutation(values.count).map { values[$0] }, shape: parameter.value.shape)
    }
    return shuffled
  }
}
