package aeronc_test

import (
	"os"
	"testing"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimAttack) != "" {
		os.Exit(runAsVictim())
	}
	os.Exit(testdriver.Main(m))
}
