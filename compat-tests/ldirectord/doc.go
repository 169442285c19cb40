// Package ldirectord plays the original's recorded scenarios and the how-to's
// files with our ldirectord, and the how-to's also with the original, on a real
// IPVS kernel in User-mode Linux. The test binary is both sides: it boots the
// guest, and in the guest it plays.
package ldirectord
