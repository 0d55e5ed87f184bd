public import Diagnostics
internal import RunRecords

extension ResultTable {
  /// The table as a JSON value; a cell where nothing was measured is null.
  public var json: JSON {
    .object([
      "name": .string(name), "caption": caption.map(JSON.string) ?? .null,
      "rowTitles": .array(rowTitles.map(JSON.string)),
      "columns": .array(
        columns.map {
          .object([
            "labels": .array($0.labels.map(JSON.string)), "metric": .string($0.metric),
            "better": .string($0.better.rawValue),
          ])
        }),
      "rows": .array(
        rows.map {
          .object(["labels": .array($0.labels.map(JSON.string)), "cells": .array($0.cells.map(\.json))])
        }),
    ])
  }
}

extension ResultTable.Cell {
  fileprivate var json: JSON {
    guard count + failed + notRun > 0 else { return .null }
    return .object([
      "mean": number(mean), "deviation": number(deviation),
      "n": .integer(count), "failed": .integer(failed), "notRun": .integer(notRun),
      "mark": .string(mark.rawValue),
    ])
  }

  /// A number, as text where JSON has none for it.
  private func number(_ value: Double?) -> JSON {
    guard let value else { return .null }
    return value.isFinite ? .number(value) : .string("\(value)")
  }
}
