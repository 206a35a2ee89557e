package interop

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

const root = "../.."

var full = flag.Bool("full", false, "every case of the matrix, not a covering part of it")

// What a driver of the tests is set to: small, and quick to let go of what has been closed.
const (
	lingerTime    = 500 * time.Millisecond
	imageLiveness = 4 * time.Second
)

// The cast: peers by name, and the directories of drivers by name. Each peer has a client of each driver, called c-DRIVER.
var (
	peers   = map[string]*process{}
	drivers = map[string]string{}
	// Where the library with upstream's samples is.
	samplePrefix string
	// In the order in which cases are made.
	peerNames   = []string{"go", "c", "aerongo"}
	driverNames = []string{"embedded", "aeronmd"}
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	work, err := os.MkdirTemp("", "interop")
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		return 1
	}
	defer os.RemoveAll(work)
	stage := &stage{work: work}
	code := 1
	if err := stage.set(); err != nil {
		fmt.Fprintln(os.Stderr, "interop: the cast is not complete:", err)
	} else {
		code = m.Run()
	}
	if err := stage.clear(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: interop: at the end:", err)
		code = 1
	}
	if left := aeronc.Live(); left != (aeronc.Counts{}) {
		fmt.Fprintf(os.Stderr, "FAIL: interop: the tests left objects open: %+v\n", left)
		code = 1
	}
	return code
}

// stage starts the cast and ends it.
type stage struct {
	work string
	ends []func() error // the last one first
}

func (s *stage) atEnd(f func() error) { s.ends = append(s.ends, f) }

func (s *stage) clear() error {
	var errs []error
	for i := range s.ends {
		errs = append(errs, s.ends[len(s.ends)-1-i]())
	}
	return errors.Join(errs...)
}

// newDirectory is the place of one driver, gone at the end.
func (s *stage) newDirectory(driver string) string {
	dir := fmt.Sprintf("/dev/shm/aerontest-interop-%d-%s", os.Getpid(), driver)
	drivers[driver] = dir
	s.atEnd(func() error { return os.RemoveAll(dir) })
	return dir
}

func (s *stage) play(name string, p *process) {
	peers[name] = p
	s.atEnd(p.stop)
}

func (s *stage) set() error {
	bin, err := samples()
	if err != nil {
		return err
	}
	samplePrefix = bin
	if err := s.embedded(); err != nil {
		return err
	}
	if err := s.aeronmd(filepath.Join(bin, "bin", "aeronmd")); err != nil {
		return err
	}
	// Java comes before clients of its driver do, and goes after them.
	if err := addJava(s); err != nil {
		return err
	}
	s.play("go", goPeer())
	program := filepath.Join(s.work, "aerongopeer")
	if err := command("go", "build", "-o", program, "./aerongopeer"); err != nil {
		return err
	}
	p, err := launch("aerongo", program)
	if err != nil {
		return err
	}
	s.play("aerongo", p)
	program = filepath.Join(s.work, "cpeer")
	sources, err := filepath.Glob("c/*.c")
	if err != nil {
		return err
	}
	args := append([]string{"-O2", "-Wall", "-Wextra", "-Werror", "-I" + bin + "/include/aeron", "-o", program}, sources...)
	if err := command("cc", append(args, "-L"+bin+"/lib", "-laeron_native", "-lm", "-lpthread", "-ldl")...); err != nil {
		return err
	}
	if p, err = launch("c", program); err != nil {
		return err
	}
	s.play("c", p)
	return s.connect()
}

// connect gives each peer a client of each driver.
func (s *stage) connect() error {
	for _, p := range peers {
		for driver, dir := range drivers {
			if _, err := p.start("connect", "c-"+driver, dir)(); err != nil {
				return err
			}
		}
	}
	return nil
}

// command runs a program that has nothing to say unless it fails.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// samples gives a prefix with aeronmd and the library, building one beside the checkout's own if that came without.
func samples() (string, error) {
	prefix, err := filepath.Abs(filepath.Join(root, "vendor-c/prefix"))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(prefix, "bin/aeronmd")); err == nil {
		return prefix, nil
	}
	prefix = filepath.Join(prefix, "../build/samples")
	return prefix, command("go", "run", "../../cmd/aeron-native", "install", "--samples", "--prefix", prefix)
}

func embeddedConfig(dir string) aeron.Config {
	return aeron.Config{
		Directory: dir, Threading: aeron.Shared, AppID: "interop", LingerTimeout: lingerTime, ImageLivenessTimeout: imageLiveness,
	}
}

// embedded runs a driver in this process.
func (s *stage) embedded() error {
	d, err := aeron.Open(embeddedConfig(s.newDirectory("embedded")))
	if err != nil {
		return err
	}
	s.atEnd(d.Close)
	ctx, cancel := context.WithTimeout(context.Background(), testdriver.Patience)
	defer cancel()
	return d.Start(ctx)
}

// aeronmd runs C's own driver.
func (s *stage) aeronmd(program string) error {
	dir := s.newDirectory("aeronmd")
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "AERON_DIR="+dir, "AERON_THREADING_MODE=SHARED", "AERON_DIR_DELETE_ON_SHUTDOWN=1",
		fmt.Sprintf("AERON_PUBLICATION_LINGER_TIMEOUT=%dms", lingerTime.Milliseconds()),
		fmt.Sprintf("AERON_IMAGE_LIVENESS_TIMEOUT=%dms", imageLiveness.Milliseconds()),
		"AERON_COUNTERS_BUFFER_LENGTH=1m", "AERON_RCV_INITIAL_WINDOW_LENGTH=128k")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	s.atEnd(func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != int(syscall.SIGTERM) { // it ends with the signal's number
			return fmt.Errorf("aeronmd ended badly: %w", err)
		}
		return nil
	})
	for since := time.Now(); time.Since(since) < testdriver.Patience; time.Sleep(time.Millisecond) {
		if running, err := aeron.IsRunning(aeron.Config{Directory: dir, External: true}); err == nil && running {
			return nil
		}
	}
	return errors.New("aeronmd does not come up")
}
