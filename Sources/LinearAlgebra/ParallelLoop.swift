/// Runs `body` for every index below `count`.
public func parallelFor(_ count: Int, _ body: (Int) -> Void) { for index in 0..<count { body(index) } }
