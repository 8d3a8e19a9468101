using System.Security.Cryptography;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Security;
using Cluster.Security.Policies;

namespace Cluster.Cli.Security;

/// <summary>Checks and explains policy files, and makes tokens.</summary>
internal static class PolicyCommand
{
    private const string Description = """
        Check a policy file, say what an identity may, or make a token. No node is asked. docs/security.md has more.

        Examples:
          ipc policy check policy.json
          ipc policy explain policy.json alice --namespace /prod
          ipc policy token > alice.token
        """;

    public static Command Create(Globals globals) => new("policy", Description)
    {
        Check(globals), Explain(globals), Token(globals), Hash(globals),
    };

    private static Command Check(Globals globals)
    {
        const string description = """
            Check a policy file, and show its identities.

            Example: ipc policy check policy.json
            """;
        var file = FileArgument();
        var command = new Command("check", description) { file };
        globals.RunAlone(command, async (parsed, _) =>
        {
            var policy = Read(parsed.GetRequiredValue(file));
            foreach (var identity in policy.Identities) await globals.Out.WriteLineAsync(Show(identity));
        });
        return command;
    }

    private static Command Explain(Globals globals)
    {
        const string description = """
            Say which user an identity is, and whether it may enter a namespace and call a kind of object there. The exit code
            is 1 if it may not. Whether an object lets the user do something, its permissions say: ipc stat shows them.

            Example: ipc policy explain policy.json alice msg --namespace /prod
            """;
        var words = CliKinds.All.Select(kind => kind.Names.Word).ToArray();
        var file = FileArgument();
        var name = new Argument<string>("IDENTITY") { Description = "The identity" };
        var kind = new Argument<string?>("KIND")
        {
            Description = $"A kind of object: {Words.List(words, "or")}",
            Arity = ArgumentArity.ZeroOrOne,
        };
        kind.AcceptOnlyFromAmong(words);
        var command = new Command("explain", description) { file, name, kind };
        globals.RunAlone(command, async (parsed, _) =>
        {
            var wanted = parsed.GetRequiredValue(name);
            var identity = Read(parsed.GetRequiredValue(file)).Find(wanted)
                ?? throw new FailedException($"the policy has no identity \"{wanted}\": the node refuses it");
            await globals.Out.WriteLineAsync(Show(identity));
            var path = globals.NamespaceOf(parsed);
            if (!identity.MayEnter(path)) throw new FailedException($"{wanted} may not enter {path}: EACCES");
            await globals.Out.WriteLineAsync($"{wanted} may enter {path}");
            if (parsed.GetValue(kind) is not { } word) return;
            if (!identity.MayCall(word)) throw new FailedException($"{wanted} may not call {word}: EACCES");
            await globals.Out.WriteLineAsync($"{wanted} may call {word}, as the permissions of each object allow it");
        });
        return command;
    }

    private static Command Token(Globals globals)
    {
        const string description = """
            Make a token for --token-file. It is the first line of the output. The second line, a comment, is its hash for the
            policy's "tokens".

            Example: ipc policy token > alice.token
            """;
        var command = new Command("token", description);
        globals.RunAlone(command, async (_, _) =>
        {
            var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            await globals.Out.WriteLineAsync(token);
            await globals.Out.WriteLineAsync($"# {HashOf(token)}");
        });
        return command;
    }

    private static Command Hash(Globals globals)
    {
        const string description = """
            Show the hash of the token in a file, for the policy's "tokens".

            Example: ipc policy hash alice.token
            """;
        var file = new Argument<string>("FILE") { Description = "A file whose first line is a token" };
        var command = new Command("hash", description) { file };
        globals.RunAlone(command, async (parsed, _) =>
        {
            try
            {
                var token = GatewayEnvironment.ReadToken(parsed.GetRequiredValue(file));
                await globals.Out.WriteLineAsync(HashOf(token));
            }
            catch (IOException exception)
            {
                throw new FailedException(exception.Message);
            }
        });
        return command;
    }

    private static string HashOf(string token) => PolicyFile.HashPrefix + Convert.ToHexStringLower(Policy.HashOf(token));

    private static Argument<string> FileArgument() => new("FILE") { Description = "The policy file" };

    private static Policy Read(string file)
    {
        try
        {
            return new PolicyFile([.. CliKinds.All.Select(kind => kind.Names.Word)]).Read(file);
        }
        catch (SecurityException exception)
        {
            throw new FailedException(exception.Message);
        }
    }

    private static string Visible(string name) => new([.. name.Select(c => char.IsControl(c) ? '?' : c)]);

    private static string Show(PolicyIdentity identity)
    {
        var user = identity.Uid is { } uid
            ? $"user {uid} of group {identity.Gid ?? uid}"
                + (identity.Groups.Count > 0 ? $" and groups {string.Join(',', identity.Groups)}" : "")
            : "the user of its certificate";
        var namespaces = identity.Namespaces is { } paths ? string.Join(", ", paths) : "all";
        var kinds = identity.Kinds is { } words ? string.Join(", ", words) : "all";
        return $"{Visible(identity.Name)}: {user}{(identity.IsRoot ? ", or any other" : "")}; namespaces: {namespaces}; "
            + $"kinds: {kinds}; tokens: {identity.TokenHashes.Count}";
    }
}
