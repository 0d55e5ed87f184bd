import StageKit

/// A function of two rows that stands for a dot product in another space.
enum Kernel: ParameterChoice {
  /// x·y.
  case linear
  /// exp(−γ ‖x − y‖²).
  case rbf(Width)
  /// (γ x·y + c)ᵖ.
  case polynomial(Polynomial)
  /// exp(−γ Σ|x − y|).
  case laplacian(Width)
  /// exp(−γ ‖x − y‖).
  case exponential(Width)
  /// tanh(γ x·y + c); not positive semi-definite.
  case sigmoid(Sigmoid)
  /// x·y ÷ (‖x‖ ‖y‖), 0 for a row of zeros.
  case cosine

  struct Width: ParameterGroup {
    @Parameter("γ, the inverse width; null for 1 ÷ number of columns.", .above(0)) var gamma: Double? = nil
  }
  struct Polynomial: ParameterGroup {
    @Parameter("The power p.", .atLeast(1)) var degree = 3
    @Parameter("γ; null for 1 ÷ number of columns.", .above(0)) var gamma: Double? = nil
    @Parameter("The constant c.") var coef0 = 1.0
  }
  struct Sigmoid: ParameterGroup {
    @Parameter("γ; null for 1 ÷ number of columns.", .above(0)) var gamma: Double? = nil
    @Parameter("The constant c.") var coef0 = 1.0
  }

  static let cases: [ChoiceCase<Kernel>] = [
    .plain("linear", .linear), .fields("rbf", Kernel.rbf), .fields("polynomial", Kernel.polynomial),
    .fields("laplacian", Kernel.laplacian), .fields("exponential", Kernel.exponential),
    .fields("sigmoid", Kernel.sigmoid), .plain("cosine", .cosine),
  ]

  var chosen: ChosenCase {
    switch self {
    case .linear: "linear"
    case .rbf(let width): ChosenCase("rbf", width)
    case .polynomial(let polynomial): ChosenCase("polynomial", polynomial)
    case .laplacian(let width): ChosenCase("laplacian", width)
    case .exponential(let width): ChosenCase("exponential", width)
    case .sigmoid(let sigmoid): ChosenCase("sigmoid", sigmoid)
    case .cosine: "cosine"
    }
  }

  static func == (a: Kernel, b: Kernel) -> Bool { a.json == b.json }

  /// Whether no matrix of its values has a negative eigenvalue but for rounding.
  var isPositive: Bool {
    switch self {
    case .linear, .rbf, .laplacian, .exponential, .cosine: true
    case .polynomial(let polynomial): polynomial.coef0 >= 0
    case .sigmoid: false
    }
  }

  /// γ for rows of that many columns.
  func gamma(columns: Int) -> Double {
    let given: Double? =
      switch self {
      case .rbf(let width), .laplacian(let width), .exponential(let width): width.gamma
      case .polynomial(let polynomial): polynomial.gamma
      case .sigmoid(let sigmoid): sigmoid.gamma
      case .linear, .cosine: 1
      }
    return given ?? 1 / Double(max(1, columns))
  }
}
