// Package deploy holds what docker compose needs beside docker-compose.yml, and checks that the compose file, its example
// environment and the image build keep the promises made about them: nothing published beyond the loopback, nothing
// unpinned, no secret in the file, no service without a health check.
package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

const (
	composeFile = "../docker-compose.yml"
	exampleFile = "../.env.example"
)

// jobs run once and end.
var jobs = []string{"minio-setup", "temporal-schema", "temporal-setup"}

func example(t *testing.T) map[string]string {
	t.Helper()
	values, err := dotenv.Read(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// load reads the compose file as docker compose does, with .env.example filled in the way an administrator would.
func load(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	project, err := loadWith(t, fillIn(t), profiles...)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func fillIn(t *testing.T) (filled []string) {
	t.Helper()
	for name, value := range example(t) {
		if value == "" {
			filled = append(filled, name+"=filled-in")
		}
	}
	return filled
}

func loadWith(t *testing.T, environment []string, profiles ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{composeFile}, cli.WithEnv(environment), cli.WithEnvFiles(exampleFile), cli.WithDotEnv,
		cli.WithProfiles(profiles), cli.WithConsistency(true), cli.WithNormalization(true), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

func TestServices(t *testing.T) {
	core := []string{"minio", "minio-setup", "postgres", "relance-codec", "relance-starter", "relance-worker", "temporal", "temporal-schema", "temporal-setup", "temporal-ui"}
	if got := load(t).ServiceNames(); !slices.Equal(slices.Sorted(slices.Values(got)), core) {
		t.Errorf("services %v, want %v", got, core)
	}
	withMail := slices.Sorted(slices.Values(append([]string{"mail"}, core...)))
	if got := load(t, "mail").ServiceNames(); !slices.Equal(slices.Sorted(slices.Values(got)), withMail) {
		t.Errorf("with the profile mail: %v, want %v", got, withMail)
	}
}

func TestPortsAreOnTheLoopback(t *testing.T) {
	published := map[string]string{}
	for name, service := range load(t, "mail", "monitoring", "rollout").Services {
		if service.NetworkMode != "" {
			t.Errorf("%s: network mode %q", name, service.NetworkMode)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", name, port.Published, port.HostIP)
			}
			if other, taken := published[port.Published]; taken {
				t.Errorf("%s and %s both publish %s", name, other, port.Published)
			}
			published[port.Published] = name
		}
	}
	if len(published) != 8 {
		t.Errorf("published ports: %v", published)
	}
}

func TestNetworks(t *testing.T) {
	project := load(t, "mail", "monitoring", "rollout")
	for name, internal := range map[string]bool{"database": true, "inside": true, "outside": false} {
		if got := bool(project.Networks[name].Internal); got != internal {
			t.Errorf("network %s: internal %v", name, got)
		}
	}
	for name, service := range project.Services {
		_, database := service.Networks["database"]
		if want := slices.Contains([]string{"postgres", "temporal", "temporal-schema"}, name); database != want {
			t.Errorf("%s reaches the database: %v", name, database)
		}
		_, outside := service.Networks["outside"]
		if len(service.Ports) > 0 && !outside {
			t.Errorf("%s publishes a port but has only internal networks: it would not be reached", name)
		}
	}
}

// pinned is a tag that names one version: at least major and minor, or a date.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?(\d+\.\d+[\w.-]*|\d{8})$`)

func TestImagesArePinned(t *testing.T) {
	for name, service := range load(t, "mail", "monitoring", "rollout").Services {
		if !pinned.MatchString(service.Image) {
			t.Errorf("%s: image %q is not pinned", name, service.Image)
		}
	}
	for _, file := range []string{"../Dockerfile", "minio/Dockerfile"} {
		for _, line := range strings.Split(read(t, file), "\n") {
			image, isFrom := strings.CutPrefix(line, "FROM ")
			if image, _, _ = strings.Cut(image, " "); isFrom && image != "scratch" && !pinned.MatchString(image) {
				t.Errorf("%s: image %q is not pinned", file, image)
			}
		}
	}
}

func TestEveryServiceIsWatched(t *testing.T) {
	for name, service := range load(t, "mail", "monitoring", "rollout").Services {
		if service.Logging == nil || service.Logging.Options["max-size"] == "" {
			t.Errorf("%s: logs without an end", name)
		}
		if slices.Contains(jobs, name) {
			if service.Restart != "no" || service.HealthCheck != nil {
				t.Errorf("job %s: restart %q, health check %v", name, service.Restart, service.HealthCheck)
			}
			continue
		}
		if service.Restart != "unless-stopped" {
			t.Errorf("%s: restart %q", name, service.Restart)
		}
		if check := service.HealthCheck; check == nil || check.Disable || len(check.Test) < 2 || check.Test[0] != "CMD" ||
			check.Interval == nil || check.Timeout == nil || check.Retries == nil || check.StartPeriod == nil {
			t.Errorf("%s: health check %+v", name, check)
		}
	}
}

// Whoever waits for a job waits for its success; whoever waits for a service waits for its health.
func TestOrder(t *testing.T) {
	project := load(t, "mail", "monitoring", "rollout")
	awaited := map[string]bool{}
	for name, service := range project.Services {
		for other, dependency := range service.DependsOn {
			want := types.ServiceConditionHealthy
			if slices.Contains(jobs, other) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			if dependency.Condition != want {
				t.Errorf("%s waits for %s: %s", name, other, dependency.Condition)
			}
			awaited[other] = true
		}
	}
	for _, job := range jobs {
		if !awaited[job] {
			t.Errorf("nobody waits for the job %s", job)
		}
	}
	for _, name := range []string{"relance-worker", "relance-worker-next", "relance-starter"} {
		for _, other := range []string{"temporal", "temporal-setup", "minio", "minio-setup"} {
			if _, ok := project.Services[name].DependsOn[other]; !ok {
				t.Errorf("%s does not wait for %s", name, other)
			}
		}
	}
}

func TestData(t *testing.T) {
	project := load(t, "mail", "monitoring", "rollout")
	writable := map[string]string{}
	for name, service := range project.Services {
		for _, volume := range service.Volumes {
			switch {
			case volume.Type == types.VolumeTypeVolume && volume.Source != "":
				writable[volume.Source] = name
			case volume.Type == types.VolumeTypeBind && volume.ReadOnly && volume.Bind != nil && !bool(volume.Bind.CreateHostPath):
			default:
				t.Errorf("%s: volume %+v is neither named nor a read-only file that must exist", name, volume)
			}
			if script, ok := strings.CutPrefix(volume.Source, abs(t, ".")+"/"); ok {
				checkScript(t, script)
			}
		}
	}
	if want := map[string]string{"postgres": "postgres", "minio": "minio", "mail": "mail", "prometheus": "prometheus", "grafana": "grafana"}; !maps.Equal(writable, want) {
		t.Errorf("named volumes %v, want %v", writable, want)
	}
}

// checkScript sees to it that a mounted file is there and that another user may read it.
func checkScript(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Errorf("mounted but missing: %v", err)
		return
	}
	if info.Mode().Perm()&0o044 != 0o044 {
		t.Errorf("%s: mode %v, a container's user cannot read it", file, info.Mode())
	}
}

func TestHardening(t *testing.T) {
	for name, service := range load(t, "mail", "monitoring", "rollout").Services {
		if !slices.Contains(service.SecurityOpt, "no-new-privileges:true") || !slices.Equal(service.CapDrop, []string{"ALL"}) ||
			len(service.CapAdd) > 0 || service.Privileged {
			t.Errorf("%s: security options %v, dropped %v, added %v, privileged %v", name, service.SecurityOpt, service.CapDrop,
				service.CapAdd, service.Privileged)
		}
		if user, _, _ := strings.Cut(service.User, ":"); user == "0" || user == "root" {
			t.Errorf("%s runs as root", name)
		}
		user := "65532:65532"
		switch {
		case name == "minio-setup":
			user = "10001:10001"
		case !strings.HasPrefix(name, "relance-"):
			continue
		}
		if !service.ReadOnly || service.User != user || len(service.Tmpfs) != 1 {
			t.Errorf("%s: read-only %v, user %q, tmpfs %v", name, service.ReadOnly, service.User, service.Tmpfs)
		}
	}
}

func TestWorkerAndStarterShareTheirSettings(t *testing.T) {
	services := load(t).Services
	worker, starter := services["relance-worker"], services["relance-starter"]
	if !reflect.DeepEqual(worker.Environment, starter.Environment) {
		t.Errorf("worker %v, starter %v", worker.Environment, starter.Environment)
	}
	if worker.Image != starter.Image || !slices.Equal(worker.Command, []string{"worker"}) || !slices.Equal(starter.Command, []string{"starter"}) {
		t.Errorf("worker %s %v, starter %s %v", worker.Image, worker.Command, starter.Image, starter.Command)
	}
	for name, want := range map[string]string{
		"RELANCE_S3_ENDPOINT": "minio:9000", "TEMPORAL_ADDRESS": "passthrough:///temporal:7233", "TEMPORAL_NAMESPACE": "relance",
		"RELANCE_AUTHORITY": "/etc/relance/authority.yaml", "RELANCE_SCHEMES": "/etc/relance/schemes",
	} {
		if got := worker.Environment[name]; got == nil || *got != want {
			t.Errorf("%s is not %q", name, want)
		}
	}
	codec := services["relance-codec"]
	token, page := codec.Environment["RELANCE_CODEC_TOKEN"], services["temporal-ui"].Environment["TEMPORAL_CODEC_ENDPOINT"]
	if token == nil || page == nil || *page != "http://127.0.0.1:8234/"+*token || *codec.Environment["RELANCE_CODEC_ORIGINS"] != *services["temporal-ui"].Environment["TEMPORAL_CORS_ORIGINS"] {
		t.Error("Temporal's page does not find, or may not ask, the one that decrypts for it")
	}
	for name, value := range worker.Environment {
		if other := codec.Environment[name]; !reflect.DeepEqual(other, value) {
			t.Errorf("relance-codec has another %s than the worker", name)
		}
	}
}

// Two versions of the workers run beside each other, alike but for the version: the image's tag is the version's name.
func TestWorkersOfTwoVersions(t *testing.T) {
	project, err := loadWith(t, append(fillIn(t), "RELANCE_VERSION=1.0", "RELANCE_NEXT=1.1"), "rollout")
	if err != nil {
		t.Fatal(err)
	}
	now, next := project.Services["relance-worker"], project.Services["relance-worker-next"]
	for version, service := range map[string]types.ServiceConfig{"1.0": now, "1.1": next} {
		if build := service.Environment["RELANCE_BUILD_ID"]; service.Image != "relance:"+version || build == nil || *build != version {
			t.Errorf("%s runs %s as version %v", service.Name, service.Image, build)
		}
	}
	now.Environment["RELANCE_BUILD_ID"] = next.Environment["RELANCE_BUILD_ID"]
	if !reflect.DeepEqual(now.Environment, next.Environment) || !slices.Equal(now.Command, next.Command) || now.StopGracePeriod == nil || *now.StopGracePeriod != *next.StopGracePeriod {
		t.Errorf("%+v and %+v differ in more than the version", now, next)
	}
	if starter := project.Services["relance-starter"]; starter.Image != now.Image {
		t.Errorf("the starter runs %s", starter.Image)
	}
}

// Relance is a user of the object store, never its administrator, and no process of Relance is given the administrator's keys.
func TestTheStoreHasAUserForRelance(t *testing.T) {
	services := load(t).Services
	worker, setup, minio := services["relance-worker"].Environment, services["minio-setup"].Environment, services["minio"].Environment
	for _, name := range []string{"RELANCE_S3_ENDPOINT", "RELANCE_S3_BUCKET", "RELANCE_S3_ACCESS_KEY", "RELANCE_S3_SECRET_KEY"} {
		if worker[name] == nil || !reflect.DeepEqual(worker[name], setup[name]) {
			t.Errorf("the user is made with another %s than Relance has", name)
		}
	}
	for _, name := range []string{"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"} {
		if minio[name] == nil || !reflect.DeepEqual(minio[name], setup[name]) {
			t.Errorf("the user is made with another %s than the store's", name)
		}
		for service, s := range services {
			if _, given := s.Environment[name]; given && service != "minio" && service != "minio-setup" {
				t.Errorf("%s is given %s", service, name)
			}
		}
	}
	if _, given := minio["RELANCE_S3_SECRET_KEY"]; given {
		t.Error("the store's administrator is Relance's user")
	}
}

// What .env gives a service stands in its environment alone: arguments and labels can be read by everybody on the machine, and what a build is
// given stays in the image.
func TestNoSecretInArgumentsOrImages(t *testing.T) {
	looked := 0
	for name, service := range load(t, "mail", "monitoring", "rollout").Services {
		shown := slices.Concat(service.Command, service.Entrypoint)
		if service.HealthCheck != nil {
			shown = append(shown, service.HealthCheck.Test...)
		}
		for _, label := range service.Labels {
			shown = append(shown, label)
		}
		if service.Build != nil && (len(service.Build.Args) > 0 || len(service.Build.Secrets) > 0) {
			t.Errorf("%s: its build is given %v", name, service.Build.Args)
		}
		for _, text := range shown {
			looked++
			if strings.Contains(text, "filled-in") {
				t.Errorf("%s shows a setting in %q", name, text)
			}
		}
	}
	if looked < 30 {
		t.Errorf("only %d arguments were looked at", looked)
	}
	for _, file := range []string{"../Dockerfile", "minio/Dockerfile"} {
		user := ""
		for _, line := range strings.Split(read(t, file), "\n") {
			instruction, rest, _ := strings.Cut(line, " ")
			switch {
			case instruction == "USER":
				user, _, _ = strings.Cut(rest, ":")
			case instruction == "ARG", instruction == "ADD":
				t.Errorf("%s: %s", file, line)
			case instruction == "ENV" && secretName.MatchString(rest):
				t.Errorf("%s: %s", file, line)
			}
		}
		if user == "" || user == "0" || user == "root" {
			t.Errorf("%s ends as user %q", file, user)
		}
	}
}

func TestWhatGoesIntoTheImage(t *testing.T) {
	ignored := strings.Split(read(t, "../.dockerignore"), "\n")
	for _, must := range []string{".env", ".env.*", ".git", "relance.d"} {
		if !slices.Contains(ignored, must) {
			t.Errorf(".dockerignore lets %s into the build", must)
		}
	}
	folders, err := filepath.Glob("../*/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range folders {
		if folder := strings.Split(filepath.ToSlash(file), "/")[1]; folder != "deploy" && slices.Contains(ignored, folder) {
			t.Errorf(".dockerignore keeps the package %s out of the build", folder)
		}
	}
	dockerfile := read(t, "../Dockerfile")
	for _, must := range []string{"CGO_ENABLED=0", "-trimpath", "-tags timetzdata", "\nUSER 65532:65532\n", `ENTRYPOINT ["/relance"]`} {
		if !strings.Contains(dockerfile, must) {
			t.Errorf("Dockerfile lacks %q", must)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func abs(t *testing.T, path string) string {
	t.Helper()
	full, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return full
}
