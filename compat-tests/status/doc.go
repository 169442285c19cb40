// Package status_test looks at what the daemons show: status pages in a real
// browser, the answers of a running pair, and what hostile clients can do to it.
package status_test
