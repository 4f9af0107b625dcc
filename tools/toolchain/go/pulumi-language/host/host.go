// Package host is what Portico's language hosts have in common: how they serve the engine, run programs and write
// the libraries of packages.
package host

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// actionable is a program's exit code for "the user has been told already".
const actionable = 32

// Host serves one engine.
type Host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	Name, Engine, Tracing string
	version               string
	ctx                   context.Context
	stop                  context.CancelFunc
	running               sync.WaitGroup
}

// Serve answers the engine until it hangs up or this process is interrupted.
func Serve(name, version string, of func(*Host) pulumirpc.LanguageRuntimeServer) {
	if err := serve(name, version, of); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func serve(name, version string, of func(*Host) pulumirpc.LanguageRuntimeServer) error {
	// The engine passes these to every plugin. The default flag set has some of the names already (glog).
	flags := flag.NewFlagSet(name, flag.ExitOnError)
	tracing := flags.String("tracing", "", "tracing endpoint")
	flags.Bool("logtostderr", false, "accepted, unused")
	flags.Bool("logflow", false, "accepted, unused")
	flags.Int("v", 0, "accepted, unused")
	_ = flags.Parse(os.Args[1:])

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	engine := flags.Arg(0)
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, 5*time.Minute, stop); err != nil {
			return err
		}
	}
	cancel := make(chan bool)
	go func() { <-ctx.Done(); close(cancel) }()

	h := &Host{Name: name, Engine: engine, Tracing: *tracing, version: version, ctx: ctx, stop: stop}
	srv, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, of(h))
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return err
	}
	fmt.Println(srv.Port)
	err = <-srv.Done
	stop()
	h.running.Wait()
	return err
}

func (h *Host) Handshake(_ context.Context, r *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.Engine = r.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *Host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: h.version}, nil
}

func (h *Host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

func (h *Host) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Run runs a command and ends it with the request or with this host: an orphan would hold the pipe to the engine open,
// and the engine would wait for it for ever. The command is asked to end first, and made to end after a while. It stays
// in this process's group, which the engine interrupts and kills as a whole.
func (h *Host) Run(ctx context.Context, build func(context.Context) (*exec.Cmd, error)) (*exec.Cmd, error) {
	h.running.Add(1)
	defer h.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	cmd, err := build(ctx)
	if err != nil {
		return nil, err
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, cmd.Run()
}

// Program runs a program with its configuration and answers when it ends.
func (h *Host) Program(ctx context.Context, r *pulumirpc.RunRequest, build func(context.Context) (*exec.Cmd, error)) (*pulumirpc.RunResponse, error) {
	// Never "null": the SDKs want an object and a list.
	config, err := json.Marshal(orEmpty(r.GetConfig(), map[string]string{}))
	if err != nil {
		return nil, err
	}
	secret, err := json.Marshal(orEmpty(r.GetConfigSecretKeys(), []string{}))
	if err != nil {
		return nil, err
	}
	_, err = h.Run(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := build(ctx)
		if err != nil {
			return nil, err
		}
		if cmd.Env == nil {
			cmd.Env = os.Environ()
		}
		cmd.Dir = r.GetInfo().GetProgramDirectory()
		cmd.Env = append(cmd.Env, "PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secret))
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd, nil
	})
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == actionable:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with %v", exit)}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("cannot run the program: %v", err)}, nil
	}
}

func orEmpty[T ~map[string]string | ~[]string](have, empty T) T {
	if len(have) == 0 {
		return empty
	}
	return have
}

// Sender is a writer that hands on what is written.
type Sender func([]byte) error

func (s Sender) Write(p []byte) (int, error) {
	if err := s(append([]byte{}, p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Installing gives the two writers of an installation, whose lines the engine shows.
func Installing(out pulumirpc.LanguageRuntime_InstallDependenciesServer) (stdout, stderr Sender) {
	var mu sync.Mutex
	send := func(r *pulumirpc.InstallDependenciesResponse) error {
		mu.Lock()
		defer mu.Unlock()
		return out.Send(r)
	}
	stdout = func(p []byte) error { return send(&pulumirpc.InstallDependenciesResponse{Stdout: p}) }
	stderr = func(p []byte) error { return send(&pulumirpc.InstallDependenciesResponse{Stderr: p}) }
	return stdout, stderr
}
