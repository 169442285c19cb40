package config

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/ha/fence"
)

// Host is what the files are checked against. A nil function means that the
// check is not made.
type Host struct {
	// NodeName returns the name of this machine as uname -n prints it.
	NodeName func() (string, error)
	// HasInterface reports whether a network interface exists.
	HasInterface func(name string) bool
	// HasIPv4 reports whether an interface has an IPv4 address.
	HasIPv4 func(name string) bool
	// UDPPort returns the port of a service, UDPService the service of a port,
	// by /etc/services.
	UDPPort    func(service string) (int, bool)
	UDPService func(port int) (string, bool)
	// Resolve reports whether a host has an IPv4 address.
	Resolve func(host string) error
	// Stat asks for a file outside the directory: devices and programs.
	Stat func(path string) (fs.FileInfo, error)
	// FenceParameters returns the names of the parameters that a type of fencing
	// device wants.
	FenceParameters func(kind string) ([]string, error)
	// HasUser and HasGroup report whether an account exists.
	HasUser, HasGroup func(name string) bool
}

// resolveWait bounds one name lookup.
const resolveWait = 5 * time.Second

// fenceWait bounds the question which parameters a fencing device has.
const fenceWait = 10 * time.Second

// SystemHost is the machine that the program runs on.
func SystemHost() Host {
	return Host{
		NodeName: os.Hostname,
		HasInterface: func(name string) bool {
			_, err := net.InterfaceByName(name)
			return err == nil
		},
		HasIPv4: hasIPv4,
		UDPPort: func(service string) (int, bool) {
			return lookupService("/etc/services", func(name string, _ int) bool { return name == service })
		},
		UDPService: func(port int) (name string, ok bool) {
			_, ok = lookupService("/etc/services", func(n string, p int) bool {
				if p == port && name == "" {
					name = n
				}
				return p == port
			})
			return name, ok
		},
		Resolve: resolve,
		Stat:    os.Stat,
		FenceParameters: func(kind string) ([]string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), fenceWait)
			defer cancel()
			return fence.Parameters(ctx, kind)
		},
		HasUser: func(name string) bool {
			_, err := user.Lookup(name)
			return err == nil
		},
		HasGroup: func(name string) bool {
			_, err := user.LookupGroup(name)
			return err == nil
		},
	}
}

func hasIPv4(name string) bool {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return false
	}
	addrs, err := i.Addrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return true
		}
	}
	return false
}

func resolve(host string) error {
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveWait)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return err
	}
	if len(addrs) == 0 {
		return fmt.Errorf("lookup %s: no IPv4 address", host)
	}
	return nil
}

// lookupService returns the first UDP port of a services(5) file that a
// function of name and port accepts; it is asked for aliases too.
func lookupService(path string, accept func(name string, port int) bool) (int, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		text, _, _ := strings.Cut(s.Text(), "#")
		words := strings.Fields(text)
		if len(words) < 2 {
			continue
		}
		number, protocol, _ := strings.Cut(words[1], "/")
		port, err := strconv.Atoi(number)
		if err != nil || protocol != "udp" {
			continue
		}
		for _, name := range append(words[:1:1], words[2:]...) {
			if accept(name, port) {
				return port, true
			}
		}
	}
	return 0, false
}
