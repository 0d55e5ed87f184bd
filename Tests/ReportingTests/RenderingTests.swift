import Diagnostics
import RunRecords
import Testing

@testable import Reporting

@Suite struct RenderingTests {
  private let table: ResultTable
  private let small: ResultTable
  private let hostile: ResultTable

  init() throws {
    table = try ResultTable(Sample.specification, results: Sample.comparison, metrics: Sample.metrics)
    let pca = [Sample.choice("reduce", "pca")]
    let kernel = [Sample.choice("reduce", "kernel-pca", ["kernel.rbf.gamma": "0.005"])]
    let results =
      Sample.results(pca, "accuracy", [0.9, 0.91]) + Sample.results(kernel, "accuracy", [0.93, 0.95])
      + Sample.results(pca, "error", [12.5, 12.75]) + Sample.results(kernel, "error", [nil, 99.5])
    small = try ResultTable(
      TableSpecification(
        name: "main", rows: ["reduce"], columns: [], metrics: ["accuracy", "error"], marksBest: true),
      results: results, metrics: Sample.metrics)
    hostile = try RenderingTests.hostile()
  }

  private static func hostile() throws -> ResultTable {
    var specification = TableSpecification(
      name: "50%_table", rows: ["reduce"], columns: [], metrics: ["er_ror"], marksBest: true)
    specification.caption = "R&D: $5 <b>|x| \u{1B}[31m"
    let results =
      Sample.results([Sample.choice("reduce", "a_b|c")], "er_ror", [12.5])
      + Sample.results([Sample.choice("reduce", "d,\"e\"")], "er_ror", [123.4])
      + Sample.results([Sample.choice("reduce", "f")], "er_ror", [nil])
    return try ResultTable(
      specification, results: results, metrics: [.init(metric: "er_ror", better: .lower)])
  }

  @Test func writesText() {
    #expect(
      table.text() == #"""
        main
                                                          logistic   nearest-neighbors
        reduce                                          accuracy ↑          accuracy ↑
        ───────────────────────────────────────────────────────────────────────────────
        pca · components 2                           0.610 ± 0.003       0.620 ± 0.003
        pca · components 32                          0.930 ± 0.003*      0.940 ± 0.003*
        kernel-pca · rbf gamma 0.005 · components 2  0.660 ± 0.003       0.670 ± 0.003

                                                           k-means
        reduce                                               nmi ↑
        ───────────────────────────────────────────────────────────
        pca · components 2                           0.410 ± 0.005
        pca · components 32                          0.730 ± 0.005*
        kernel-pca · rbf gamma 0.005 · components 2  0.460 ± 0.005
        mean ± standard deviation, n = 5
        * best or not significantly worse (paired t-test, 5 %)

        """#)
  }

  @Test func writesTextInColor() {
    #expect(
      small.text(color: true) == #"""
        main
        reduce                           accuracy ↑                error ↓
        ──────────────────────────────────────────────────────────────────
        pca                           \#u{1B}[1m0.905 ± 0.007\#u{1B}[0m           12.62 ± 0.18
        kernel-pca · rbf gamma 0.005  \#u{1B}[1m0.940 ± 0.014\#u{1B}[0m  99.50 (n 1, 1 failed)
        mean ± standard deviation, n = 2
        bold: best or not significantly worse (paired t-test, 5 %)

        """#)
  }

  @Test func putsColumnsThatDoNotFitBelow() {
    #expect(
      table.text(width: 60) == #"""
        main
                                                          logistic
        reduce                                          accuracy ↑
        ───────────────────────────────────────────────────────────
        pca · components 2                           0.610 ± 0.003
        pca · components 32                          0.930 ± 0.003*
        kernel-pca · rbf gamma 0.005 · components 2  0.660 ± 0.003

                                                     nearest-neighbors
        reduce                                              accuracy ↑
        ───────────────────────────────────────────────────────────────
        pca · components 2                               0.620 ± 0.003
        pca · components 32                              0.940 ± 0.003*
        kernel-pca · rbf gamma 0.005 · components 2      0.670 ± 0.003

                                                           k-means
        reduce                                               nmi ↑
        ───────────────────────────────────────────────────────────
        pca · components 2                           0.410 ± 0.005
        pca · components 32                          0.730 ± 0.005*
        kernel-pca · rbf gamma 0.005 · components 2  0.460 ± 0.005
        mean ± standard deviation, n = 5
        * best or not significantly worse (paired t-test, 5 %)

        """#)
  }

  @Test func writesMarkdown() {
    #expect(
      small.text(.markdown) == #"""
        | reduce                       |        accuracy ↑ |               error ↓ |
        | ---------------------------- | ----------------: | --------------------: |
        | pca                          | **0.905 ± 0.007** |          12.62 ± 0.18 |
        | kernel-pca · rbf gamma 0.005 | **0.940 ± 0.014** | 99.50 (n 1, 1 failed) |

        mean ± standard deviation, n = 2; bold: best or not significantly worse (paired t-test, 5 %)

        """#)
  }

  @Test func writesCSV() {
    #expect(
      hostile.text(.csv) == #"""
        reduce,er_ror,er_ror std,er_ror n
        a_b|c,12.5,,1
        "d,""e""",123.4,,1
        f,,,0

        """#)
  }

  @Test func writesLaTeX() {
    #expect(
      small.text(.latex) == #"""
        % needs \usepackage{booktabs}
        \begin{table}
          \centering
          \caption{main.
            Mean $\pm$ standard deviation, n = 2; bold: best or not significantly worse \#
        (paired t-test, 5 \%).}
          \label{tab:main}
          \begin{tabular}{lrr}
            \toprule
            reduce & accuracy $\uparrow$ & error $\downarrow$ \\
            \midrule
            pca & \textbf{0.905 $\pm$ 0.007} & 12.62 $\pm$ 0.18 \\
            kernel-pca $\cdot$ rbf gamma 0.005 & \textbf{0.940 $\pm$ 0.014} & 99.50 (n 1, 1 failed) \\
            \bottomrule
          \end{tabular}
        \end{table}

        """#)
  }

  @Test func writesJSON() {
    #expect(
      hostile.text(.json) == #"""
        {
          "name": "50%_table",
          "caption": "R&D: $5 <b>|x| \u001b[31m",
          "rowTitles": ["reduce"],
          "columns": [
            {
              "labels": [],
              "metric": "er_ror",
              "better": "lower"
            }
          ],
          "rows": [
            {
              "labels": ["a_b|c"],
              "cells": [
                {"mean":12.5,"deviation":null,"n":1,"failed":0,"notRun":0,"mark":"best"}
              ]
            },
            {
              "labels": ["d,\"e\""],
              "cells": [
                {"mean":123.4,"deviation":null,"n":1,"failed":0,"notRun":0,"mark":"none"}
              ]
            },
            {
              "labels": ["f"],
              "cells": [
                {"mean":null,"deviation":null,"n":0,"failed":1,"notRun":0,"mark":"none"}
              ]
            }
          ]
        }

        """#)
  }

  @Test func writesHTML() {
    #expect(
      small.text(.html) == #"""
        <table>
          <caption>main<br>
            mean ± standard deviation, n = 2; bold: best or not significantly worse (paired t-test, 5 %)
          </caption>
          <thead>
            <tr>
              <th scope="col">reduce</th>
              <th scope="col">accuracy ↑</th>
              <th scope="col">error ↓</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">pca</th>
              <td class="best"><b>0.905 ± 0.007</b></td>
              <td>12.62 ± 0.18</td>
            </tr>
            <tr>
              <th scope="row">kernel-pca · rbf gamma 0.005</th>
              <td class="best"><b>0.940 ± 0.014</b></td>
              <td>99.50 (n 1, 1 failed)</td>
            </tr>
          </tbody>
        </table>

        """#)
  }

  @Test func escapesWhatEachFormWouldActOn() {
    #expect(
      hostile.text(.markdown) == #"""
        **R&D: $5 \<b>\|x\|  \[31m**

        | reduce  | er\_ror ↓ |
        | ------- | --------: |
        | a\_b\|c | **12.50** |
        | d,"e"   |     123.4 |
        | f       |    failed |

        bold: best

        """#)
    #expect(
      hostile.text(.latex) == #"""
        % needs \usepackage{booktabs}
        \begin{table}
          \centering
          \caption{R\&D: \$5 \textless{}b\textgreater{}\textbar{}x\textbar{}  {[}31m.
            Bold: best.}
          \label{tab:50_table}
          \begin{tabular}{lr}
            \toprule
            reduce & er\_ror $\downarrow$ \\
            \midrule
            a\_b\textbar{}c & \textbf{12.50} \\
            d,''e'' & 123.4 \\
            f & failed \\
            \bottomrule
          \end{tabular}
        \end{table}

        """#)
    #expect(
      hostile.text(.html) == #"""
        <table>
          <caption>R&amp;D: $5 &lt;b&gt;|x|  [31m<br>
            bold: best
          </caption>
          <thead>
            <tr>
              <th scope="col">reduce</th>
              <th scope="col">er_ror ↓</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">a_b|c</th>
              <td class="best"><b>12.50</b></td>
            </tr>
            <tr>
              <th scope="row">d,&quot;e&quot;</th>
              <td>123.4</td>
            </tr>
            <tr>
              <th scope="row">f</th>
              <td>failed</td>
            </tr>
          </tbody>
        </table>

        """#)
    #expect(
      hostile.text() == #"""
        R&D: $5 <b>|x|  [31m
        reduce  er_ror ↓
        ─────────────────
        a_b|c      12.50*
        d,"e"      123.4
        f         failed
        * best

        """#)
  }
}
