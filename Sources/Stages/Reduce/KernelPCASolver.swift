import StageKit

extension KernelPCA {
  /// How components are found.
  enum Solver: ParameterChoice {
    case auto, dense
    case iterative(Iterative)
    case randomized(Randomized)
    case dual(Dual)

    struct Iterative: ParameterGroup {
      @Parameter("Largest residual of a pair, relative to its eigenvalue.", .between(0, 1)) var tolerance =
        1e-4
    }
    struct Randomized: ParameterGroup {
      @Parameter("Random combinations of rows beyond the components.", .atLeast(0)) var oversampling = 10
      @Parameter("Products with the kernel after the first.", .atLeast(0)) var iterations = 4
    }
    struct Dual: ParameterGroup {
      @Parameter("What a fit row counts that is far from the mean, or near to it.") var loss = Loss.square
      @Parameter(
        "Largest distance of the dual variables from their next iterate, relative to them.", .between(0, 1))
      var tolerance = 1e-3
      @Parameter("The most iterations.", .atLeast(1)) var iterations = 1000
    }

    static let cases: [ChoiceCase<Solver>] = [
      .plain("auto", .auto), .plain("dense", .dense), .fields("iterative", Solver.iterative),
      .fields("randomized", Solver.randomized), .fields("dual", Solver.dual),
    ]
    var chosen: ChosenCase {
      switch self {
      case .auto: "auto"
      case .dense: "dense"
      case .iterative(let iterative): ChosenCase("iterative", iterative)
      case .randomized(let randomized): ChosenCase("randomized", randomized)
      case .dual(let dual): ChosenCase("dual", dual)
      }
    }
    static func == (a: Solver, b: Solver) -> Bool { a.json == b.json }

    /// The name of a solver that needs a positive semi-definite kernel.
    var nameIfPositive: String? {
      switch self {
      case .auto, .dense: nil
      case .iterative: "iterative"
      case .randomized: "randomized"
      case .dual: "dual"
      }
    }
  }

  /// What the projections of the fit rows on the components count: half their squares, or less.
  enum Loss: ParameterChoice {
    /// ½ ‖y‖²: plain kernel PCA.
    case square
    /// Half the square up to κ, from there on linear: what is far counts less.
    case huber(Huber)
    /// As the square, but of what is above ε only: what is near counts nothing.
    case epsilonInsensitive(EpsilonInsensitive)

    struct Huber: ParameterGroup {
      @Parameter("κ, in the unit of the embedding.", .above(0)) var kappa = 0.5
      @Parameter("What is compared with κ: the length of a row, or each of its entries.") var norm = Norm.row
    }
    struct EpsilonInsensitive: ParameterGroup {
      @Parameter("ε, in the unit of the embedding.", .above(0)) var epsilon = 0.01
      @Parameter("What is compared with ε: the length of a row, or each of its entries.") var norm = Norm.row
    }
    enum Norm: String, PlainChoice { case row, entry }

    static let cases: [ChoiceCase<Loss>] = [
      .plain("square", .square), .fields("huber", Loss.huber),
      .fields("epsilon-insensitive", Loss.epsilonInsensitive),
    ]
    var chosen: ChosenCase {
      switch self {
      case .square: "square"
      case .huber(let huber): ChosenCase("huber", huber)
      case .epsilonInsensitive(let insensitive): ChosenCase("epsilon-insensitive", insensitive)
      }
    }
    static func == (a: Loss, b: Loss) -> Bool { a.json == b.json }
  }
}
