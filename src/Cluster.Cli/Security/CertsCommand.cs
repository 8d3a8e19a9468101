using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Security;
using Cluster.Security.Certificates;

namespace Cluster.Cli.Security;

/// <summary>Makes the certificates of a cluster.</summary>
internal static class CertsCommand
{
    private const string Description = """
        Make an authority, and the certificates that it signs for nodes and clients. Keep authority.key away from nodes and
        clients: whoever has it can be anybody. docs/security.md has more.

        Examples:
          ipc certs init
          ipc certs node node1 --host node1.example.org --host 10.0.0.1
          ipc certs client alice --uid 1000
          ipc certs revoke alice
        """;

    private const int DefaultDays = 365;
    private const int AuthorityDays = 3_650;

    public static Command Create(Globals globals)
    {
        var directory = new Option<string>("--directory")
        {
            HelpName = "DIR",
            Description = "Where the files are [default: certs]",
            DefaultValueFactory = _ => "certs",
            Recursive = true,
        };
        return new Command("certs", Description)
        {
            directory, Init(globals, directory), Node(globals, directory), Client(globals, directory),
            Revoke(globals, directory),
        };
    }

    private static Command Init(Globals globals, Option<string> directory)
    {
        const string description = """
            Make the authority: authority.pem, authority.key and revoked.txt.

            Example: ipc certs init --directory /etc/ipc/certs
            """;
        var days = Days(AuthorityDays);
        var command = new Command("init", description) { days };
        Run(globals, directory, command, (folder, parsed) =>
        {
            folder.Init(globals.Time.GetUtcNow(), Validity(parsed, days));
            return folder.Authority;
        });
        return command;
    }

    private static Command Node(Globals globals, Option<string> directory)
    {
        const string description = """
            Make the certificate of a node: NAME.pem and NAME.key.

            Example: ipc certs node node1 --host node1.example.org --host 10.0.0.1
            """;
        var name = Name("The name of the node");
        var days = Days(DefaultDays);
        var hosts = new Option<string[]>("--host")
        {
            HelpName = "HOST",
            Description = "A name or an address at which the node is reached; may be repeated [default: NAME, localhost, "
                + "127.0.0.1 and ::1]",
            CustomParser = result => Words.ReadAll<string>(
                result,
                static (string text, out string value) => Uri.CheckHostName(value = text) != UriHostNameType.Unknown,
                "a name or an address"),
        };
        var command = new Command("node", description) { name, hosts, days };
        Run(globals, directory, command, (folder, parsed) =>
        {
            var node = parsed.GetRequiredValue(name);
            var at = parsed.GetValue(hosts) is { Length: > 0 } given ? given : [node, "localhost", "127.0.0.1", "::1"];
            folder.AddNode(node, at, globals.Time.GetUtcNow(), Validity(parsed, days));
            return folder.PemOf(node);
        });
        return command;
    }

    private static Command Client(Globals globals, Option<string> directory)
    {
        const string description = """
            Make the certificate of a client: NAME.pem and NAME.key. With --uid (and --gid, --groups) the client is this user
            at nodes without a policy; otherwise the policy says it. User 0 may be any user.

            Example: ipc certs client alice --uid 1000 --groups 27,100
            """;
        var name = Name("The name of the client");
        var days = Days(DefaultDays);
        var command = new Command("client", description) { name, days };
        Run(globals, directory, command, (folder, parsed) =>
        {
            var client = parsed.GetRequiredValue(name);
            var (uid, gid) = globals.Named(parsed);
            var groups = globals.Groups(parsed);
            if (uid is null && (gid is not null || groups.Length > 0))
                throw new UsageException("certs client: --gid and --groups need --uid");
            folder.AddClient(
                new SignedIdentity(client, uid, gid, groups), globals.Time.GetUtcNow(), Validity(parsed, days));
            return folder.PemOf(client);
        });
        return command;
    }

    private static Command Revoke(Globals globals, Option<string> directory)
    {
        const string description = """
            Add a certificate to revoked.txt. Nodes with --tls-revoked refuse its connections from then on; they read the
            file again when it has changed. A connection that is open stays open.

            Example: ipc certs revoke alice
            """;
        var name = Name("The name of the certificate");
        var command = new Command("revoke", description) { name };
        Run(globals, directory, command, (folder, parsed) =>
        {
            folder.Revoke(parsed.GetRequiredValue(name));
            return folder.Revoked;
        });
        return command;
    }

    private static void Run(
        Globals globals, Option<string> directory, Command command, Func<CertificateFolder, ParseResult, string> action) =>
        globals.RunAlone(command, async (parsed, _) =>
        {
            try
            {
                var file = action(new CertificateFolder(parsed.GetRequiredValue(directory)), parsed);
                await globals.Out.WriteLineAsync(file);
            }
            catch (SecurityException exception)
            {
                throw new FailedException(exception.Message);
            }
        });

    private static Argument<string> Name(string description) => new("NAME") { Description = description };

    private static Option<int> Days(int days) => new("--days")
    {
        HelpName = "DAYS",
        Description = $"How long it is valid [default: {days}]",
        DefaultValueFactory = _ => days,
        CustomParser = result => Words.Number(result, 1, 36_500),
    };

    private static TimeSpan Validity(ParseResult parsed, Option<int> days) => TimeSpan.FromDays(parsed.GetValue(days));
}
