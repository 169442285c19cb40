// Package config compares how heartbeat 3.0.6 and our reader take the same
// configuration files: exit status, recorded settings and log lines. It needs
// the original installed and root, and runs it in namespaces of its own.
package config
