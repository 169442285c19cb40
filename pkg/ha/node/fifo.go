package node

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/message"
)

// fifo reads the messages that scripts write for the cluster.
type fifo struct {
	file *os.File
	out  chan *message.Message
	junk chan struct{} // something was skipped
	quit chan struct{}
	done chan struct{}
}

// openFIFO makes the command FIFO if it is missing and begins to read it.
func openFIFO(dir string) (*fifo, error) {
	path := filepath.Join(dir, "fifo")
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeNamedPipe == 0 {
		// A script wrote while nobody had made the FIFO and left a plain file.
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	if err := unix.Mkfifo(path, 0o600); err != nil && err != unix.EEXIST {
		return nil, &os.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	// Open for writing too: the end of one writer is not the end of all.
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	f := &fifo{file: file, out: make(chan *message.Message), junk: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	go f.read()
	return f, nil
}

func (f *fifo) read() {
	defer close(f.done)
	scanner := message.NewScanner(f.file)
	scanner.OnSkip(f.skipped)
	for scanner.Scan() {
		msg, err := message.DecodePlain(scanner.Frame())
		if err != nil || msg.Type() == "" {
			f.skipped()
			continue
		}
		select {
		case f.out <- msg:
		case <-f.quit:
			return
		}
	}
}

func (f *fifo) skipped() {
	select {
	case f.junk <- struct{}{}:
	default:
	}
}

// garbage is ready when something that is no message was skipped.
func (f *fifo) garbage() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.junk
}

// messages is the channel of messages; a nil fifo has none.
func (f *fifo) messages() <-chan *message.Message {
	if f == nil {
		return nil
	}
	return f.out
}

func (f *fifo) close() {
	close(f.quit)
	_ = f.file.Close()
	<-f.done
}
