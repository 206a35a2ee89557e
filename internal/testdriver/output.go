package testdriver

import (
	"bytes"
	"sync"
)

// Output gathers what a process says, for somebody who reads it meanwhile.
type Output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write takes what the process says. Any goroutine.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

// String is all that it has said so far. Any goroutine.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}
