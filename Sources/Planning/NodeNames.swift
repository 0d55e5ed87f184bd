import RunRecords

/// Names made of values.
enum NodeNames {
  /// A choice in words: `kernel-pca, rbf gamma 0.005, components 8`.
  static func text(_ choice: Choice) -> String {
    ([choice.stage]
      + choice.swept.map { swept in
        let path = swept.path.split(separator: ".").suffix(2)
        return "\(path.joined(separator: " ")) \(swept.value)"
      }).joined(separator: ", ")
  }
}
