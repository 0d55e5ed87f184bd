import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

/// What scikit-learn and numpy give for the linear maps of one data set, of which every fifth row is held out.
struct LinearMapCase: CustomTestStringConvertible {
  let name: String
  let features: Features
  let fitRows: RowMask
  private let expected: JSON

  static let all: [LinearMapCase] = {
    do {
      let file = try Fixture.json("linear_maps.json")
      return try FixtureData.allCases.compactMap { data in
        let features = try data.load().features
        return file[data.rawValue].map {
          LinearMapCase(name: data.rawValue, features: features, expected: $0)
        }
      }
    } catch {
      fatalError("\(error)")
    }
  }()

  private init(name: String, features: Features, expected: JSON) {
    self.name = name
    self.features = features
    self.expected = expected
    fitRows = RowMask((0..<features.rows).map { $0 % 5 != 4 })
  }

  var testDescription: String { name }

  /// The expected numbers of that name; empty if the data set has none.
  func numbers(_ name: String) -> [Double] { expected[name]?.doubles ?? [] }

  /// The expected number of that name.
  func number(_ name: String) -> Double { expected[name]?.number ?? .nan }

  /// The expected rows of that name; nil if the data set has none.
  func rows(_ name: String) -> Matrix<Float>? { expected[name]?.matrix }

  /// Those rows of a result that the fixture holds.
  func kept(_ result: Features) -> Matrix<Float> {
    result.matrix.selecting(rows: expected["rows"]?.integers ?? [])
  }

  /// The largest difference to the expected rows of that name, each column as a share of its largest value.
  func columnError(_ result: Features, _ name: String, absolute: Bool = false) -> Double {
    guard let rows = rows(name) else { return .infinity }
    let found = kept(result)
    guard found.columns == rows.columns else { return .infinity }
    return (0..<rows.columns).map { column in
      let values = (0..<found.rows).map { absolute ? abs(found[$0, column]) : found[$0, column] }
      return relativeError(values.map(Double.init), (0..<rows.rows).map { Double(rows[$0, column]) })
    }.max() ?? .infinity
  }
}

/// The covariance of the fit rows (divided by their number less 1) less the identity: its largest entry.
func distanceFromWhite(_ features: Features, _ fitRows: RowMask) -> Double {
  let rows = fitRows.fitRows
  let means = columnMeans(of: features.matrix, rows: rows)
  let found = covariance(of: features.matrix, rows: rows, means: means)
  let factor = Double(rows.count) / Double(rows.count - 1)
  var worst = 0.0
  for row in 0..<found.rows {
    for column in 0..<found.columns {
      worst = max(worst, abs(found[row, column] * factor - (row == column ? 1 : 0)))
    }
  }
  return worst
}
