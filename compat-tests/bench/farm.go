package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// The farm: servers 1 to farmAlive answer, those up to farmSize are silent.
const (
	farmSize  = 100
	farmAlive = 90
	farmPort  = 80
)

// farmAddr is the address of a server, from 1.
func farmAddr(n int) string { return fmt.Sprintf("10.98.0.%d", n) }

// farm is the host of all servers. It reads numbers of servers from standard
// input; each of these dies at the end of the next request that it has got,
// and its number is printed at that moment: no check of it can have longer to
// wait. It returns when its standard input ends.
func farm() error {
	f := &serverFarm{doomed: make(map[int]bool)}
	for n := 1; n <= farmAlive; n++ {
		l, err := net.Listen("tcp", net.JoinHostPort(farmAddr(n), strconv.Itoa(farmPort)))
		if err != nil {
			return err
		}
		go f.serve(n, l)
	}
	fmt.Println("ready")
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		n, err := strconv.Atoi(orders.Text())
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.doomed[n] = true
		f.mu.Unlock()
	}
	return orders.Err()
}

type serverFarm struct {
	mu     sync.Mutex
	doomed map[int]bool
}

// serve serves the requests of one server, one after the other.
func (f *serverFarm) serve(n int, l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		reply(conn)
		f.mu.Lock()
		doomed := f.doomed[n]
		f.mu.Unlock()
		if doomed {
			_ = l.Close()
			fmt.Println(n, time.Now().UnixNano())
			return
		}
	}
}

// reply answers a request, if one comes, with the page that is expected.
func reply(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	request := bufio.NewReader(conn)
	for {
		line, err := request.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" || line == "\n" {
			break
		}
	}
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
}
