package checks

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"time"
)

// delay is what the slow proxy adds to everything that a server says.
const delay = 150 * time.Millisecond

// proxies opens the ports of silent and slow, and those of leafnode. The
// function returned closes them.
func (w *world) proxies() func() {
	var open []io.Closer
	listen := func(address string) net.Listener {
		l, err := net.Listen("tcp", address)
		must(err)
		open = append(open, l)
		return l
	}
	bind := func(address string) net.PacketConn {
		c, err := net.ListenPacket("udp", address)
		must(err)
		open = append(open, c)
		return c
	}
	ports := map[int]bool{}
	for port := passiveFirst; port <= passiveLast; port++ {
		ports[port] = true
	}
	for _, c := range allCases() {
		if c.lines[0] != "checktype=connect" {
			ports[c.port] = true
		}
	}
	for port := range ports {
		at := func(address string) string { return fmt.Sprintf("%s:%d", address, port) }
		listen(at(silent)) // the kernel takes connections, nobody reads
		bind(at(silent))
		go serve(listen(at(slow)), func(c net.Conn) { crawl(c, at(good)) })
		go crawlDatagrams(bind(at(slow)), at(good))
	}
	go serve(listen(good+":119"), news)
	go serve(listen("["+goodSix+"]:119"), news)
	return func() {
		for _, c := range open {
			_ = c.Close()
		}
	}
}

func serve(l net.Listener, handle func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go handle(conn)
	}
}

// news runs leafnode for a connection, as inetd does.
func news(conn net.Conn) {
	defer conn.Close()
	f, err := conn.(*net.TCPConn).File()
	if err != nil {
		return
	}
	defer f.Close()
	cmd := exec.Command("/usr/sbin/leafnode")
	cmd.Stdin, cmd.Stdout = f, f
	_ = cmd.Run()
}

// crawl passes a connection on; what the server says arrives late.
func crawl(client net.Conn, server string) {
	defer client.Close()
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer upstream.Close()
	go func() {
		_, _ = io.Copy(upstream, client)
		_ = upstream.(*net.TCPConn).CloseWrite()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := upstream.Read(buffer)
		if err != nil {
			return
		}
		<-time.After(delay)
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func crawlDatagrams(near net.PacketConn, server string) {
	buffer := make([]byte, 64<<10)
	for {
		n, client, err := near.ReadFrom(buffer)
		if err != nil {
			return
		}
		question := append([]byte(nil), buffer[:n]...)
		go func() {
			upstream, err := net.Dial("udp", server)
			if err != nil {
				return
			}
			defer upstream.Close()
			answer := make([]byte, 64<<10)
			if _, err := upstream.Write(question); err != nil {
				return
			}
			if n, err := upstream.Read(answer); err == nil {
				<-time.After(delay)
				_, _ = near.WriteTo(answer[:n], client)
			}
		}()
	}
}
