// Package checks has the health checks judge the real server programs of Debian,
// each up, wrong, refused, silent, slow, behind TLS with good and bad
// certificates and over IPv6, and puts the original ldirectord's verdict beside
// ours. The test binary is both sides: it begins again in namespaces of its own,
// where the servers have their usual ports.
package checks
