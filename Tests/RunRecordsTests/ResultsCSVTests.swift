import Diagnostics
import RunRecords
import Testing

@Suite struct ResultsCSVTests {
  private func choice(_ slot: String, _ stage: String, _ swept: [(String, String)] = []) -> Choice {
    Choice(slot: slot, stage: stage, swept: swept.map { .init(path: $0.0, value: $0.1) })
  }

  private func result(
    _ choices: [Choice], seed: Int? = nil, fold: Int? = nil, _ metric: String, _ value: Double?
  ) -> MeasuredValue {
    MeasuredValue(choices: choices, seed: seed, fold: fold, metric: metric, value: value, key: "")
  }

  private var results: [MeasuredValue] {
    let pca8 = choice("reduce", "pca", [("components", "8")])
    let pca32 = choice("reduce", "pca", [("components", "32")])
    let kernel = choice("reduce", "kernel-pca", [("components", "8"), ("kernel.rbf.gamma", "0.005")])
    let logistic = choice("probe", "logistic")
    let quoted = choice("probe", "a \"b\", c")
    return [
      result([pca32, logistic], seed: 10, "accuracy", 0.1 + 0.2),
      result([pca32, logistic], seed: 9, "accuracy", nil),
      result([pca8, logistic], seed: 9, fold: 1, "accuracy", 1),
      result([kernel, choice("cluster", "k-means", [("init", "\"k++\"")])], "nmi", 1e-9),
      result([kernel, quoted], "accuracy", .infinity),
    ]
  }

  private let expected = """
    reduce,reduce.components,reduce.kernel.rbf.gamma,cluster,cluster.init,probe,seed,fold,metric,value
    kernel-pca,8,0.005,,,"a ""b"", c",,,accuracy,inf
    kernel-pca,8,0.005,k-means,k++,,,,nmi,1e-09
    pca,8,,,,logistic,9,1,accuracy,1.0
    pca,32,,,,logistic,9,,accuracy,
    pca,32,,,,logistic,10,,accuracy,0.30000000000000004

    """

  @Test func isTidyAndInCanonicalOrder() { #expect(ResultsCSV(results).text == expected) }

  @Test func equalResultsAreEqualBytesInAnyOrder() {
    var results = results
    for _ in results.indices {
      results.append(results.removeFirst())
      #expect(ResultsCSV(results).text == expected)
      #expect(ResultsCSV(results.reversed()).text == expected)
    }
  }

  @Test func readsBackWhatItWrote() throws {
    let copy = try ResultsCSV(parsing: expected, file: "results.csv")
    #expect(copy.text == expected)
    #expect(copy.results.count == results.count)
    for result in results { #expect(copy.results.contains(result)) }
    let none = try ResultsCSV(parsing: ResultsCSV([]).text, file: "results.csv")
    #expect(none.results == [])
    #expect(none.text == "seed,fold,metric,value\n")
  }

  @Test func keepsStringsApartFromNumbers() throws {
    for value in ["\"4\"", "4", "\"true\"", "\"\"", "\"a,b\\nc\"", "[1,2]", "\"x y\"", "null"] {
      let result = result([choice("reduce", "pca", [("x", value)])], "m", 1)
      #expect(try ResultsCSV(parsing: ResultsCSV([result]).text, file: "r").results == [result])
    }
  }

  @Test func refusesDamagedText() {
    func error(_ text: String) -> String {
      do {
        _ = try ResultsCSV(parsing: text, file: "runs/a/results.csv")
        return "no error"
      } catch { return error.description }
    }
    #expect(
      error("seed,fold,metric,value\n1,,accuracy\n") == """
        error[corruptRecord]: `runs/a/results.csv` is damaged: row 2 does not fit the header
          hint: `pipe table` writes it again from the manifest
        """)
    #expect(error("seed,fold,metric,value\nx,,a,1\n").contains("row 2 does not fit the header"))
    for torn in [
      "", "seed,fold", "seed,fold,metric,value\n\"1,,a,1\n", "seed,fold,metric,value\n1,\"a\"b,a,1\n",
    ] {
      #expect(
        error(torn) == """
          error[corruptRecord]: `runs/a/results.csv` is damaged: \
          it does not start with a header that ends in seed, fold, metric, value
            hint: `pipe table` writes it again from the manifest
          """)
    }
  }
}
