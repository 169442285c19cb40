// Package membership decides who is alive: it numbers what a node says, puts in
// order what it hears, asks again for what was lost, and declares nodes and
// links up or dead. It is pure: every call takes the time and returns effects.
package membership
