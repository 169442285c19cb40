// Package parse holds ldirectord.cf against the original: thousands of generated
// and damaged files are read by both, and the verdicts, the first message and
// every value must agree or the difference must be one that is known.
//
//	go test ./compat-tests/parse -files 200000 -seed 7
//
// reads more, or others; a failure names the seed of its file.
package parse
