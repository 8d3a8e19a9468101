using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Namespaces;

/// <summary>Makes, removes and lists namespaces, as a process in the parent namespace.</summary>
internal static class NamespaceCommand
{
    private const string Description = """
        Namespaces: what is in one is not seen from another, and each has limits of its own.

        Examples:
          ipc --uid 0 ns create /prod
          ipc --uid 0 ns create /prod/payments
          ipc ns list /prod
          ipc --namespace /prod/payments ipcs
        """;

    public static Command Create(Globals globals) => new("ns", Description)
    {
        Change(
            globals,
            "create",
            "Make a namespace (uid 0). Example: ipc --uid 0 ns create /prod",
            (namespaces, name, cancelled) => namespaces.CreateChildAsync(name, cancelled)),
        Change(
            globals,
            "remove",
            "Remove a namespace and all that is in it (uid 0). Example: ipc --uid 0 ns remove /prod",
            (namespaces, name, cancelled) => namespaces.RemoveChildAsync(name, cancelled)),
        List(globals),
    };

    private static Command Change(
        Globals globals, string name, string description, Func<INamespace, string, CancellationToken, Task> change)
    {
        var path = Path("Such as /prod/payments; its parent has to exist", TryChild, "a path such as /prod/payments");
        var command = new Command(name, description) { path };
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var text = parsed.GetValue(path)!;
            var slash = text.LastIndexOf('/');
            var parent = slash == 0 ? "/" : text[..slash];
            await using var ipc = await globals.Connect(globals.Options(parsed) with { Namespace = parent }, cancelled);
            await change(ipc.Namespace, text[(slash + 1)..], cancelled);
        });
        return command;
    }

    private static Command List(Globals globals)
    {
        var path = Path("Whose children [default: of --namespace]", Parsing.TryPath, "a path such as /prod");
        path.Arity = ArgumentArity.ZeroOrOne;
        var command = new Command("list", "List the children of a namespace. Example: ipc ns list /prod") { path };
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var options = globals.Options(parsed);
            if (parsed.GetValue(path) is { } given) options = options with { Namespace = given };
            await using var ipc = await globals.Connect(options, cancelled);
            var names = await ipc.Namespace.ListChildrenAsync(cancelled);
            if (globals.Json(parsed))
                await globals.Out.WriteLineAsync(JsonOutput.Line(new JsonArray([.. names])));
            else
                foreach (var name in names) await globals.Out.WriteLineAsync(name);
        });
        return command;
    }

    private static Argument<string?> Path(string description, Reader<string> read, string expected) => new("PATH")
    {
        Description = description,
        CustomParser = result => Words.Read(result, read, expected),
    };

    // The root has no parent, so nobody can make or remove it.
    private static bool TryChild(string text, out string path) => Parsing.TryPath(text, out path) && path != "/";
}
