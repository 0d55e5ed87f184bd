#if canImport(Glibc)
  internal import Glibc
#endif

/// The discrete Fourier transform of real signals of one length: Xₖ = Σ xₜ exp(−2πi k t ÷ n) for k from 0 to n ÷ 2.
///
/// Lengths that are powers of two are transformed as half as many complex numbers by radix 2 (Cooley and Tukey), others
/// as a convolution of such a length (Bluestein). All arithmetic is in double.
/// - Cost: O(n log n) time, O(n) memory.
public struct RealFourier: Sendable {
  /// The number of samples of a signal, at least 1.
  public let length: Int
  private let way: Way

  private enum Way: Sendable {
    /// Half as many complex numbers, and exp(−2πi k ÷ n) for each of them.
    case halves(ComplexFourier, turns: [SIMD2<Double>])
    /// exp(−πi t² ÷ n) for each sample, and the transform of its conjugate for the convolution.
    case chirp(ComplexFourier, chirp: [SIMD2<Double>], filter: [SIMD2<Double>])
  }

  /// A transform of signals of `length` samples.
  public init(length: Int) {
    precondition(length > 0)
    self.length = length
    if length > 1, length & (length - 1) == 0 {
      let half = length / 2
      way = .halves(
        ComplexFourier(length: half), turns: (0...half).map { unit(turns: -Double($0) / Double(length)) })
      return
    }
    var size = 1
    while size < 2 * length - 1 { size *= 2 }
    let transform = ComplexFourier(length: size)
    // t² modulo 2n: so that the angle keeps its digits.
    let chirp = (0..<length).map { place in
      unit(turns: -Double(place * place % (2 * length)) / Double(2 * length))
    }
    var filter = [SIMD2<Double>](repeating: .zero, count: size)
    for place in 0..<length {
      let conjugate = SIMD2(chirp[place].x, -chirp[place].y)
      filter[place] = conjugate
      if place > 0 { filter[size - place] = conjugate }
    }
    transform.run(&filter)
    way = .chirp(transform, chirp: chirp, filter: filter)
  }

  /// The number of coefficients: n ÷ 2 + 1, rounded down.
  public var count: Int { length / 2 + 1 }

  /// The coefficients of a signal, real part and imaginary part.
  public func coefficients(of signal: UnsafeBufferPointer<Float>) -> [SIMD2<Double>] {
    precondition(signal.count == length)
    switch way {
    case .halves(let transform, let turns): return byHalves(signal, transform, turns)
    case .chirp(let transform, let chirp, let filter): return byChirp(signal, transform, chirp, filter)
    }
  }

  /// The magnitudes of the coefficients of a signal.
  public func magnitudes(of signal: UnsafeBufferPointer<Float>) -> [Double] {
    coefficients(of: signal).map { ($0 * $0).sum().squareRoot() }
  }

  private func byHalves(
    _ signal: UnsafeBufferPointer<Float>, _ transform: ComplexFourier, _ turns: [SIMD2<Double>]
  ) -> [SIMD2<Double>] {
    let half = length / 2
    var values = (0..<half).map { SIMD2(Double(signal[2 * $0]), Double(signal[2 * $0 + 1])) }
    transform.run(&values)
    return (0...half).map { place in
      // The transforms of the even and of the odd samples, from that of their complex sum.
      let (one, other) = (values[place % half], values[(half - place) % half])
      let mirrored = SIMD2(other.x, -other.y)
      let difference = one - mirrored
      let odd = SIMD2(difference.y, -difference.x)
      return 0.5 * (one + mirrored + times(turns[place], odd))
    }
  }

  private func byChirp(
    _ signal: UnsafeBufferPointer<Float>, _ transform: ComplexFourier, _ chirp: [SIMD2<Double>],
    _ filter: [SIMD2<Double>]
  ) -> [SIMD2<Double>] {
    var values = [SIMD2<Double>](repeating: .zero, count: filter.count)
    for place in 0..<length { values[place] = Double(signal[place]) * chirp[place] }
    transform.run(&values)
    // The inverse is the transform of the conjugate, conjugated.
    for place in values.indices {
      let product = times(values[place], filter[place])
      values[place] = SIMD2(product.x, -product.y)
    }
    transform.run(&values)
    let scale = 1 / Double(filter.count)
    return (0..<count).map { place in
      times(chirp[place], SIMD2(values[place].x, -values[place].y) * scale)
    }
  }
}

/// The transform of complex signals whose length is a power of two, in place.
private struct ComplexFourier: Sendable {
  private let length: Int
  /// exp(−2πi k ÷ n) for the first half of k.
  private let turns: [SIMD2<Double>]

  init(length: Int) {
    self.length = length
    turns = (0..<length / 2).map { unit(turns: -Double($0) / Double(length)) }
  }

  func run(_ values: inout [SIMD2<Double>]) {
    values.withUnsafeMutableBufferPointer { values in
      reverseBits(values)
      turns.withUnsafeBufferPointer { turns in
        var size = 1
        while size < length {
          let step = length / (2 * size)
          for start in stride(from: 0, to: length, by: 2 * size) {
            for place in 0..<size {
              let (low, high) = (start + place, start + place + size)
              let turned = times(turns[place * step], values[high])
              values[high] = values[low] - turned
              values[low] += turned
            }
          }
          size *= 2
        }
      }
    }
  }

  private func reverseBits(_ values: UnsafeMutableBufferPointer<SIMD2<Double>>) {
    var mirror = 0
    for place in 0..<length {
      if place < mirror { values.swapAt(place, mirror) }
      // Counts upwards from the highest bit.
      var bit = length / 2
      while bit > 0, mirror & bit != 0 {
        mirror ^= bit
        bit /= 2
      }
      mirror |= bit
    }
  }
}

/// The point of the unit circle at an angle in turns.
private func unit(turns: Double) -> SIMD2<Double> {
  SIMD2(cos(2 * Double.pi * turns), sin(2 * Double.pi * turns))
}

/// The product of two complex numbers.
@inline(__always) private func times(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
  SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
}
