package compose

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// TestComposeFile carries applications through an installation, and the installation through what happens to one.
func TestComposeFile(t *testing.T) {
	needEngine(t)
	i := install(t)
	for _, step := range []struct {
		name string
		do   func(*installation)
	}{
		{"images are built, and everything comes up", comesUp},
		{"from mail to letter", fromMailToLetter},
		{"each service is killed", eachIsKilled},
		{"the machine loses power", losesPower},
		{"more workers and starters", moreOfEach},
		{"a version is rolled out, and back", rollsOut},
		{"everything is lost, and restored", isRestored},
		{"a case is erased", isErased},
	} {
		began := time.Now()
		if !t.Run(step.name, func(t *testing.T) { step.do(&installation{T: t, dir: i.dir, cases: i.cases}) }) {
			t.FailNow()
		}
		t.Logf("%s: %.0f s", step.name, time.Since(began).Seconds())
	}
}

// The services that are killed are all that the compose file starts with the trial's mail server.
//
// services is how many containers the compose file starts with the trial's mail server: eight services and three jobs.
const services = 11

func comesUp(i *installation) {
	i.compose("build")
	i.compose("up", "--detach", "--wait")
	i.healthy(services)
	if out := i.relance("health", "http://127.0.0.1:8080/readyz"); !strings.Contains(out, "worker: ok") {
		i.Errorf("the worker says %q", out)
	}
	i.clean()
}

// fromMailToLetter carries one application to a grant, and another to a rejection.
func fromMailToLetter(i *installation) {
	granted := i.apply("boulangerie", "grant")
	granted.gets("charter-signed")
	i.relance("case", "decide", granted.reference, "-approve", "-by", "agent-01")
	granted.gets("grant")
	rejected := i.apply("garage", "reject")
	rejected.gets("acknowledgement") // fourteen employees: an officer decides
	i.relance("case", "decide", rejected.reference, "-reject", "-ground", "effectif", "-by", "agent-01")
	rejected.gets("reject")
	i.run("deploy/relance", "case", "fetch", granted.reference, "copy")
	if out := i.run("deploy/relance", "case", "verify", "copy"); !strings.Contains(out, granted.reference) {
		i.Errorf("the copied folder: %s", out)
	}
	i.clean()
}

// crowd are samples whose application comes in while something happens.
var crowd = []string{"librairie", "fleuriste", "salon", "bijouterie", "epicerie", "hotel", "menuiserie", "maison"}

// eachIsKilled kills one service after the other while an application comes in.
func eachIsKilled(i *installation) {
	for n, service := range []string{"relance-worker", "relance-starter", "mail", "temporal", "postgres", "minio", "temporal-ui", "relance-codec"} {
		a := i.apply(crowd[n], "acknowledgement")
		i.kill(service)
		i.healthy(services)
		a.gets("acknowledgement")
	}
	i.clean()
}

// losesPower ends the engine and all it runs at once, and starts the engine alone.
func losesPower(i *installation) {
	if os.Getenv("DOCKER_HOST") != "unix:///run/relance-engine/docker.sock" {
		i.Skip("the engine is not one that deploy/testimages/engine.sh has started")
	}
	a := i.apply("conciergerie", "acknowledgement")
	i.run("deploy/testimages/engine.sh", "reboot")
	i.healthy(services)
	a.lost() // what the applicant looked with has gone with the engine
	i.clean()
	if cases := i.relance("case", "list"); !strings.Contains(cases, "Voisins de Moulins") && strings.Count(cases, "\n") < len(crowd) {
		i.Errorf("cases after the loss of power:\n%s", cases)
	}
}

// moreOfEach runs three workers and two starters, as .env says, and a later `up` keeps to it.
func moreOfEach(i *installation) {
	i.set("RELANCE_WORKERS", "3")
	i.set("RELANCE_STARTERS", "2")
	for range 2 {
		i.compose("up", "--detach", "--wait")
		i.counts(3, 2)
	}
	i.apply("fabrique", "acknowledgement").gets("acknowledgement")
	i.clean()
}

// counts looks how many workers and starters there are.
func (i *installation) counts(workers, starters int) {
	i.Helper()
	there := map[string]int{}
	for _, c := range i.containers() {
		there[c.Service]++
	}
	if there["relance-worker"] != workers || there["relance-starter"] != starters || there["relance-worker-next"] != 0 {
		i.Errorf("containers: %v", there)
	}
}

// rollsOut follows docs/rollout.md to the next version and back.
func rollsOut(i *installation) {
	i.replace("test-1", "test-2", true)
	i.apply("cordonnerie", "acknowledgement").gets("acknowledgement")
	i.replace("test-2", "test-1", false)
	i.clean()
}

func (i *installation) replace(old, next string, build bool) {
	i.Helper()
	i.set("RELANCE_NEXT", next)
	if build {
		i.compose("--profile", "rollout", "build", "relance-worker-next")
	}
	i.compose("--profile", "rollout", "up", "--detach", "--no-deps", "--wait", "relance-worker-next")
	for _, step := range []string{"status", "check", "current"} {
		i.compose("--profile", "rollout", "exec", "-T", "relance-worker-next", "/relance", "rollout", step)
	}
	i.compose("--profile", "rollout", "exec", "-T", "relance-worker-next", "/relance", "rollout", "drain", old)
	i.set("RELANCE_VERSION", next)
	i.compose("up", "--detach", "--wait")
	i.compose("--profile", "rollout", "rm", "--stop", "--force", "relance-worker-next")
	i.counts(3, 2)
}

// audit holds everything against each other, and gives what does not agree.
func (i *installation) audit(args ...string) (findings []finding) {
	i.Helper()
	out, said, _ := i.try(nil, "docker", append([]string{"compose", "exec", "-T", "relance-worker", "/relance", "audit", "-json"}, args...)...)
	var report struct {
		Cases    int
		Findings []finding
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		i.Fatalf("the audit says %s", tail(said))
	}
	i.Logf("audit: %d cases, %d findings", report.Cases, len(report.Findings))
	return report.Findings
}

type finding struct{ Code, Case, Object, Detail, Mended string }

func (i *installation) clean() {
	i.Helper()
	for _, f := range i.audit("-deep") {
		i.Errorf("audit: %+v", f)
	}
}
