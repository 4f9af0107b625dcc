package host

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/hashicorp/hcl/v2"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	codegenrpc "github.com/pulumi/pulumi/sdk/v3/proto/go/codegen"
)

// Generator is one of Pulumi's own: the files of a package's library by their paths.
type Generator func(*schema.Package, schema.ReferenceLoader) (map[string][]byte, error)

// Generate writes the library of a package.
func Generate(r *pulumirpc.GeneratePackageRequest, generate Generator) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(r.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(r.GetSchema()), &spec); err != nil {
		return nil, err
	}
	pkg, found, err := schema.BindSpec(spec, schema.NewCachedLoader(loader), schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return nil, err
	}
	if found.HasErrors() {
		return &pulumirpc.GeneratePackageResponse{Diagnostics: told(found)}, nil
	}
	files, err := generate(pkg, loader)
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		file := filepath.Join(r.GetDirectory(), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.GeneratePackageResponse{Diagnostics: told(found)}, nil
}

func told(found hcl.Diagnostics) []*codegenrpc.Diagnostic {
	var diagnostics []*codegenrpc.Diagnostic
	for _, one := range found {
		diagnostics = append(diagnostics, plugin.HclDiagnosticToRPCDiagnostic(one))
	}
	return diagnostics
}

// Linked is a library that a program is to use.
type Linked struct {
	Package *schema.Package
	Path    string // from the program's folder, or absolute
}

// Libraries lists what a program is to use.
func Libraries(ctx context.Context, r *pulumirpc.LinkRequest) ([]Linked, error) {
	loader, err := schema.NewLoaderClient(r.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	cached := schema.NewCachedLoader(loader)
	var all []Linked
	for _, dep := range r.GetPackages() {
		descriptor, err := described(dep.GetPackage())
		if err != nil {
			return nil, err
		}
		pkg, err := cached.LoadPackageV2(ctx, descriptor)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dep.GetPackage().GetName(), err)
		}
		all = append(all, Linked{Package: pkg, Path: dep.GetPath()})
	}
	return all, nil
}

func described(dep *pulumirpc.PackageDependency) (*schema.PackageDescriptor, error) {
	descriptor := &schema.PackageDescriptor{Name: dep.GetName(), DownloadURL: dep.GetServer()}
	if dep.GetVersion() != "" {
		version, err := semver.Parse(dep.GetVersion())
		if err != nil {
			return nil, fmt.Errorf("%s: version %q: %w", dep.GetName(), dep.GetVersion(), err)
		}
		descriptor.Version = &version
	}
	if p := dep.GetParameterization(); p != nil {
		version, err := semver.Parse(p.GetVersion())
		if err != nil {
			return nil, fmt.Errorf("%s: version %q: %w", p.GetName(), p.GetVersion(), err)
		}
		descriptor.Parameterization = &schema.ParameterizationDescriptor{Name: p.GetName(), Version: version, Value: p.GetValue()}
	}
	return descriptor, nil
}
