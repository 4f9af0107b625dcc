// Command pulumi-language-nodejs lets the Pulumi engine run programs in TypeScript and JavaScript. It is a small stand-in
// for Pulumi's own host of that name, which is not published as a Go module: it knows npm, runs programs with the SDK's
// own cmd/run, and writes the libraries of packages with Pulumi's own generator. It runs no packages and policy packs
// written in TypeScript, and has no debugger.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	nodejs "github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"portico.tools/pulumi-language/host"
)

// version is set by the linker.
var version = "0.0.0-dev"

func main() {
	host.Serve("pulumi-language-nodejs", version, func(h *host.Host) pulumirpc.LanguageRuntimeServer { return &node{h} })
}

type node struct{ *host.Host }

// Run runs a program and answers when it ends.
func (n *node) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	folder := r.GetInfo().GetProgramDirectory()
	runner := filepath.Join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run")
	if _, err := os.Stat(runner); err != nil {
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("%s: @pulumi/pulumi is not installed; run `pulumi install`", folder)}, nil
	}
	args := []string{
		runner,
		"--monitor=" + r.GetMonitorAddress(), "--engine=" + n.Engine, "--organization=" + r.GetOrganization(),
		"--project=" + r.GetProject(), "--root-directory=" + r.GetInfo().GetRootDirectory(), "--stack=" + r.GetStack(),
		"--pwd=" + r.GetPwd(), fmt.Sprintf("--parallel=%d", r.GetParallel()),
	}
	if r.GetDryRun() {
		args = append(args, "--dry-run")
	}
	if n.Tracing != "" {
		args = append(args, "--tracing="+n.Tracing)
	}
	entry := r.GetInfo().GetEntryPoint()
	if entry == "" {
		entry = "."
	}
	args = append(append(args, filepath.Join(folder, entry)), r.GetArgs()...)
	return n.Program(ctx, r, func(ctx context.Context) (*exec.Cmd, error) {
		cmd := exec.CommandContext(ctx, "node", args...)
		cmd.Env = append(os.Environ(), "PULUMI_NODEJS_TYPESCRIPT=true")
		return cmd, nil
	})
}

// manifest is what matters of a package.json.
type manifest struct {
	Dependencies map[string]string
	Version      string
	Pulumi       *struct {
		Resource              bool
		Name, Version, Server string
		Parameterization      *struct {
			Name, Version string
			Value         []byte
		}
	}
}

func read(folder string) (m manifest, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// installed lists what a program names in its package.json, as it lies in node_modules.
func installed(info *pulumirpc.ProgramInfo) (map[string]manifest, error) {
	folder := info.GetProgramDirectory()
	program, err := read(folder)
	if err != nil {
		return nil, err
	}
	all := map[string]manifest{}
	for name := range program.Dependencies {
		m, err := read(filepath.Join(folder, "node_modules", filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("%w; run `pulumi install`", err)
		}
		all[name] = m
	}
	return all, nil
}

// GetRequiredPackages lists the provider plugins that the program's dependencies belong to.
func (n *node) GetRequiredPackages(_ context.Context, r *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	all, err := installed(r.GetInfo())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.GetRequiredPackagesResponse{}
	for name, m := range all {
		if m.Pulumi == nil || !m.Pulumi.Resource {
			continue
		}
		dep := &pulumirpc.PackageDependency{Name: m.Pulumi.Name, Kind: "resource", Version: m.Pulumi.Version, Server: m.Pulumi.Server}
		if dep.Name == "" {
			dep.Name = strings.TrimPrefix(name, "@pulumi/")
		}
		if dep.Version == "" {
			dep.Version = m.Version
		}
		if p := m.Pulumi.Parameterization; p != nil {
			dep.Parameterization = &pulumirpc.PackageParameterization{Name: p.Name, Version: p.Version, Value: p.Value}
		}
		resp.Packages = append(resp.Packages, dep)
	}
	return resp, nil
}

func (n *node) GetProgramDependencies(_ context.Context, r *pulumirpc.GetProgramDependenciesRequest) (*pulumirpc.GetProgramDependenciesResponse, error) {
	all, err := installed(r.GetInfo())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.GetProgramDependenciesResponse{}
	for name, m := range all {
		resp.Dependencies = append(resp.Dependencies, &pulumirpc.DependencyInfo{Name: name, Version: m.Version})
	}
	return resp, nil
}

func (n *node) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	program, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	text, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: program, Version: strings.TrimSpace(string(text))}, nil
}

// InstallDependencies serves `pulumi install`.
func (n *node) InstallDependencies(r *pulumirpc.InstallDependenciesRequest, out pulumirpc.LanguageRuntime_InstallDependenciesServer) error {
	stdout, stderr := host.Installing(out)
	_, err := n.Host.Run(out.Context(), func(ctx context.Context) (*exec.Cmd, error) {
		cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
		cmd.Dir = r.GetInfo().GetProgramDirectory()
		cmd.Stdout, cmd.Stderr = stdout, stderr
		return cmd, nil
	})
	return err
}

// GeneratePackage writes the library of a package: `pulumi package gen-sdk` and `pulumi package add`.
func (n *node) GeneratePackage(_ context.Context, r *pulumirpc.GeneratePackageRequest) (*pulumirpc.GeneratePackageResponse, error) {
	return host.Generate(r, func(pkg *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error) {
		return nodejs.GeneratePackage(n.Name, pkg, r.GetExtraFiles(), r.GetLocalDependencies(), r.GetLocal(), loader)
	})
}

// Link makes libraries dependencies of a program: the last step of `pulumi package add`.
func (n *node) Link(ctx context.Context, r *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	libraries, err := host.Libraries(ctx, r)
	if err != nil {
		return nil, err
	}
	set := []string{"pkg", "set"}
	var imports []string
	for _, library := range libraries {
		name, err := named(library.Package)
		if err != nil {
			return nil, err
		}
		set = append(set, fmt.Sprintf("dependencies.%s=file:%s", name, filepath.ToSlash(library.Path)))
		imports = append(imports, fmt.Sprintf("  import * as %s from \"%s\";\n", strings.ReplaceAll(library.Package.Name, "-", "_"), name))
	}
	cmd := exec.CommandContext(ctx, "npm", set...)
	cmd.Dir = r.GetInfo().GetProgramDirectory()
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pkg set: %w: %s", err, text)
	}
	slices.Sort(imports)
	told := "You can then import the SDK in your TypeScript code with:\n\n" + strings.Join(imports, "")
	return &pulumirpc.LinkResponse{ImportInstructions: told}, nil
}

func named(pkg *schema.Package) (string, error) {
	if err := pkg.ImportLanguages(map[string]schema.Language{"nodejs": nodejs.Importer}); err != nil {
		return "", err
	}
	if info, ok := pkg.Language["nodejs"].(nodejs.NodePackageInfo); ok && info.PackageName != "" {
		return info.PackageName, nil
	}
	scope := pkg.Namespace
	if scope == "" {
		scope = "pulumi"
	}
	return "@" + scope + "/" + pkg.Name, nil
}
