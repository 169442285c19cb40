// Package chaos puts real pairs, of this program and beside the original, through
// random faults and its histories before the judge of the simulation.
//
// A pair with an original is judged by what two originals reach under the same fault
// (reach in original_test.go has the figures), and the original is put to the same
// faults but for what it breaks by itself. Two originals show each of these
// (-old -single FAULT):
//
//   - A killed daemon leaves its address up, and started again it never takes it down:
//     both nodes have it for good ("daemon killed"). Its machine is switched off
//     instead.
//   - Stopped by SIGSTOP and continued it goes on as holder: both have the address for
//     seconds, once in six times for good ("stopped by SIGSTOP").
//   - What it holds it does not announce again after an overlap: a client that asked
//     meanwhile has the wrong one ("all links cut": the client hears nothing). The client
//     asks only if the holder has spoken last.
//   - A heal makes both restart: nobody has the address for 15 to 21 s ("all links cut").
//   - Of two words that its scripts write at the same time it may lose one: it believes
//     then to hold what it never started. Once in 54 plays of two originals, in which
//     the one that gave the group back was killed. It is started anew.
//   - A generation file that is broken, an interface that is renamed: see
//     docs/migration.md.
package chaos
