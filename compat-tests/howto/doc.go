// Package howto plays the how-to that administrators followed: two directors
// with heartbeat and ldirectord, two web servers by direct routing and a client,
// each in namespaces of one machine whose kernel has IPVS. It plays it with our
// programs and with the originals.
package howto
