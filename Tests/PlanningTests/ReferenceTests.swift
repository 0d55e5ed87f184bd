import Diagnostics
import PipelineDSL
import Planning
import RunRecords
import StageKit
import Testing

@Suite struct ReferenceTests {
  @Test func theStagesAreListedByKind() {
    #expect(
      Reference.text(Fakes.stages) == """
        loader
          source   Reads rows.

        splitter
          split    Divides rows.

        selector
          fold     Picks a fold.

        reducer
          reduce   Reduces.

        clusterer
          cluster  Clusters.

        probe
          probe    Predicts.

        measure
          hits     Counts hits.
          spread   Measures the spread of clusters.
          detail   Measures an embedding at great cost.
        """)
  }

  @Test func aStageIsShownWithPortsAndParameters() throws {
    #expect(
      Reference.text(try #require(Fakes.stages["reduce"])) == """
        reduce  (reducer, revision 1)
          Reduces.
        takes
          features  features
          fitRows   row mask, optional
        gives
          embedding  features
        parameters
          components = 2
            Number of components.
            allowed: a whole number, at least 1
          ridge = 0.5
            Ridge.
            allowed: a number, from 0 to 1
          kernel = "linear"
            Kernel.
            allowed: linear, rbf
            rbf
              gamma = 1.0
                Inverse width.
                allowed: a number, more than 0
          solver = "exact"
            Solver.
            allowed: exact, quick
          powers = null
            Powers.
            allowed: a list, each a whole number or null, 2 values
        """)
    #expect(Reference.text(try #require(Fakes.stages["hits"])).hasSuffix("better: higher"))
  }

  @Test func aPipelineIsShownWithItsSlots() throws {
    #expect(
      Reference.text(try #require(Fakes.pipelines["compare"]), stages: Fakes.stages) == """
        compare
          Compares reducers.
        slots
          data     loader, one
                   source
          split    splitter, one; default split
                   split
          whiten   normalizer, one or several; default none
                   none
          reduce   reducer, one or several
                   reduce, none
          cluster  clusterer, one or several; may be left out
                   cluster
          probe    probe, one or several; may be left out
                   probe
        """)
    #expect(Reference.text(Fakes.pipelines) == "compare  Compares reducers.")
  }

  @Test func theSchemaSaysWhatTheStagesSay() throws {
    let schema = ConfigSchema(stages: Fakes.stages, pipelines: Fakes.pipelines).json
    let reduce = schema["$defs"]?["stage-reduce"]
    #expect(reduce?["additionalProperties"] == false)
    #expect(
      reduce?["properties"]?["ridge"]?["anyOf"]?.items?.first
        == .object(["type": "number", "minimum": .number(0), "maximum": .number(1)]))
    #expect(reduce?["properties"]?["components"]?["default"] == 2)
    #expect(
      reduce?["properties"]?["solver"]?["anyOf"]?.items?.first == .object(["enum": ["exact", "quick"]]))
    let then = schema["allOf"]?.items?.first?["then"]
    #expect(
      then?["anyOf"] == [.object(["required": ["data", "reduce"]]), .object(["required": ["extends"]])])
    #expect(
      then?["properties"]?.members?.map(\.key) == [
        "$schema", "extends", "title", "pipeline", "seeds", "seed", "metrics", "tables", "provenance",
        "claims",
        "zip", "skip",
        "data",
        "split", "whiten", "reduce", "cluster", "probe",
      ])
    // Whatever stands in a schema by reference exists.
    let text = schema.text()
    for stage in Fakes.stages.stages where text.contains("#/$defs/stage-\(stage.name)\"") {
      #expect(schema["$defs"]?["stage-\(stage.name)"] != nil)
    }
    #expect((try? JSON.parse(SourceText(file: "schema", text))) == schema)
  }
}
