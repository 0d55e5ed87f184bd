import Diagnostics
import Testing

@Suite struct DiagnosticTests {
  @Test func printsPlaceFieldsAndHint() throws {
    let text = SourceText(file: "a.json", "{\n  \"reduce\": [ { \"pcs\": {} } ]\n}\n")
    let location = text.location(of: 18..<23)
    let error = Diagnostic(
      .unknownName, "there is no reducer `pcs`", fields: ["allowed": "kernel-pca, pca", "slot": "reduce"],
      hint: "did you mean `pca`?", at: location)
    #expect(
      error.description == """
        error[unknownName]: there is no reducer `pcs`
          --> a.json:2:17
           |
         2 |   "reduce": [ { "pcs": {} } ]
           |                 ^^^^^
          allowed: kernel-pca, pca
          slot:    reduce
          hint: did you mean `pca`?
        """)
  }

  @Test func sortsByPlace() {
    let text = SourceText(file: "a", "x\ny\n")
    let second = Diagnostic(.badSyntax, "second", at: text.location(of: 2..<3))
    let first = Diagnostic(.badSyntax, "first", at: text.location(of: 0..<1))
    #expect(Diagnostics([second, first]).all.map(\.headline) == ["first", "second"])
  }

  @Test(arguments: [
    ("component", "components"), ("kmeans", "k-means"), ("logstic", "logistic"), ("gama", "gamma"),
  ])
  func findsTheNearestName(name: String, meant: String) {
    #expect(nearestName(to: name, among: ["components", "k-means", "logistic", "gamma"]) == meant)
  }

  @Test func findsNothingFar() {
    #expect(nearestName(to: "tsne", among: ["components", "k-means"]) == nil)
  }
}
