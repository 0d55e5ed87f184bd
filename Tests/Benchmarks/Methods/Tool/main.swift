import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

// Answers each line of standard input, a JSON object, with one line of JSON, until the input ends.
let bench = try StageBench()
while let line = readLine() {
  print(bench.answer(to: line).text())
  fflush(nil)
}
