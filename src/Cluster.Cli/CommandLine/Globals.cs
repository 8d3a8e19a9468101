using System.Runtime.InteropServices;
using System.Text;
using Cluster.Cli.Failures;
using Cluster.Cli.Operating;
using Cluster.Cli.Output;

namespace Cluster.Cli.CommandLine;

/// <summary>The options that every command has, the connection that they describe, and the output.</summary>
internal sealed partial class Globals
{
    private const string DefaultAddress = "http://127.0.0.1:5210";

    private const StringComparison Ignoring = StringComparison.OrdinalIgnoreCase;

    private readonly Option<string?> _connect = new("--connect")
    {
        Recursive = true,
        HelpName = "URL",
        Description = "The gateway of a node, http://, https:// or unix:PATH; several separated by commas [default: "
            + $"IPC_CONNECT, or {DefaultAddress}]",
    };

    private readonly Option<string?> _authority = File(
        "--tls-authority", "Who signs the certificates of nodes, PEM [default: IPC_TLS_AUTHORITY, or those of the system]");

    private readonly Option<string?> _certificate = File(
        "--tls-certificate", "The certificate that says who you are, PEM [default: IPC_TLS_CERTIFICATE]");

    private readonly Option<string?> _key = File("--tls-key", "Its private key, PEM [default: IPC_TLS_KEY]");

    private readonly Option<string?> _token = File(
        "--token-file", "A file whose first line is the token that says who you are [default: IPC_TOKEN_FILE]");

    private readonly Option<TimeSpan?> _connectTimeout = new("--connect-timeout")
    {
        Recursive = true,
        HelpName = "DURATION",
        Description = "How long to try to reach a node and to be let in, such as 1m [default: 5s to reach one, and 30s "
            + "to be let in: it has to wait while the journal is away or a node of the cluster has died]",
        CustomParser = result => Words.Read<TimeSpan>(
            result,
            static (string text, out TimeSpan value) => Parsing.TryDuration(text, out value) && value > TimeSpan.Zero,
            "a duration such as 500ms, 10s or 2m"),
    };

    private readonly Option<uint?> _uid = new("--uid")
    {
        Recursive = true,
        HelpName = "UID",
        Description = "Be this user [default: the caller's effective uid, or who the certificate, the token or the Unix "
            + "socket says you are]",
        CustomParser = result => Words.Number(result, 0u, Parsing.HighestId),
    };

    private readonly Option<uint?> _gid = new("--gid")
    {
        Recursive = true,
        HelpName = "GID",
        Description = "Be in this group [default: as for --uid]",
        CustomParser = result => Words.Number(result, 0u, Parsing.HighestId),
    };

    private readonly Option<uint[]?> _groups = new("--groups")
    {
        Recursive = true,
        HelpName = "GID,...",
        Description = "Supplementary groups",
        CustomParser = result => Words.Read<uint[]>(result, Parsing.TryGroups, "a list of numbers such as 4,27"),
    };

    private readonly Option<string?> _namespace = new("--namespace")
    {
        Recursive = true,
        HelpName = "PATH",
        Description = "The namespace to live in [default: IPC_NAMESPACE, or /]",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Recursive = true, Description = "Write JSON, for scripts",
    };

    public Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> Connect { get; init; } =
        async (options, cancelled) => await IpcClient.ConnectAsync(options, cancelled);

    /// <summary>The service for operators. It sends nothing before the first call.</summary>
    public Func<IpcClientOptions, IOperations> Operate { get; init; } = options => new GrpcOperations(options);

    /// <summary>Standard output, buffered. A command flushes what a reader has to see before its end.</summary>
    public StreamWriter Out { get; init; } = new(new StandardOutput(), new UTF8Encoding(false)) { NewLine = "\n" };

    public TextWriter Error { get; init; } = Console.Error;

    /// <summary>Opens standard input.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Whether a read of standard input would not block.</summary>
    public Func<bool> IsInputReady { get; init; } = StandardInput.IsReady;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public void AddTo(Command root)
    {
        Option[] all =
        [
            _connect, _connectTimeout, _authority, _certificate, _key, _token, _uid, _gid, _groups, _namespace, _json,
        ];
        foreach (var option in all) root.Add(option);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The connection that the command line describes.</summary>
    /// <exception cref="UsageException">A value makes no sense.</exception>
    public IpcClientOptions Options(ParseResult parsed)
    {
        var options = Identity(parsed);
        return parsed.GetValue(_connectTimeout) is { } patience
            ? options with { ConnectTimeout = patience, AdmissionTimeout = patience }
            : options;
    }

    /// <summary>The user and group that the command line names; null: it names none.</summary>
    public (uint? Uid, uint? Gid) Named(ParseResult parsed) => (parsed.GetValue(_uid), parsed.GetValue(_gid));

    /// <summary>The supplementary groups that the command line names.</summary>
    public uint[] Groups(ParseResult parsed) => parsed.GetValue(_groups) ?? [];

    /// <summary>The namespace that the command line or the environment names.</summary>
    /// <exception cref="UsageException">It is no path.</exception>
    public string NamespaceOf(ParseResult parsed) =>
        Namespace(parsed.GetValue(_namespace) ?? Variable("IPC_NAMESPACE") ?? "/");

    private IpcClientOptions Identity(ParseResult parsed)
    {
        var fromEnvironment = GatewayEnvironment.Tls();
        var options = new IpcClientOptions
        {
            Addresses = Addresses(parsed.GetValue(_connect) ?? Variable("IPC_CONNECT") ?? DefaultAddress),
            Tls = new IpcTlsOptions
            {
                AuthorityFile = parsed.GetValue(_authority) ?? fromEnvironment.AuthorityFile,
                CertificateFile = parsed.GetValue(_certificate) ?? fromEnvironment.CertificateFile,
                KeyFile = parsed.GetValue(_key) ?? fromEnvironment.KeyFile,
            },
            Token = (parsed.GetValue(_token) ?? GatewayEnvironment.TokenFile()) is { } file ? Token(file) : "",
            Umask = UnixFileMode.None, // a mode is set as it is given: mkdir(1) with -m
            Namespace = NamespaceOf(parsed),
            Parent = Variable("IPC_PARENT") is { } parent ? ParentOf(parent) : null,
        };
        if (options.Tls is { KeyFile: not null, CertificateFile: null })
            throw new UsageException("--tls-key: a key needs --tls-certificate");
        var (uid, gid) = Named(parsed);
        // A node that knows the caller knows its user too.
        var isKnown = options.Token.Length > 0 || options.Addresses.Any(address => address.StartsWith("https:", Ignoring)
            || address.StartsWith("ipcs:", Ignoring) || address.StartsWith("unix:", Ignoring));
        if (isKnown && uid is null && (gid is not null || Groups(parsed).Length > 0))
            throw new UsageException("--gid and --groups need --uid here");
        return isKnown && uid is null
            ? options
            : options with
            {
                Uid = uid ?? EffectiveUid(), Gid = gid ?? EffectiveGid(), Groups = Groups(parsed),
            };
    }

    private static IpcParent ParentOf(string text)
    {
        try
        {
            return IpcParent.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"IPC_PARENT: {exception.Message}");
        }
    }

    /// <summary>Gives a command an action that runs as a process. A failure becomes a line and an exit code.</summary>
    public void Run(Command command, Func<IIpcClient, ParseResult, CancellationToken, Task> action) =>
        RunAlone(command, async (parsed, cancelled) =>
        {
            await using var ipc = await Connect(Options(parsed), cancelled);
            await action(ipc, parsed, cancelled);
        });

    /// <summary>As <see cref="Run"/>, without a process: such a command works while calls do not.</summary>
    public void RunOperation(Command command, Func<IOperations, ParseResult, CancellationToken, Task> action) =>
        RunAlone(command, async (parsed, cancelled) =>
        {
            await using var operations = Operate(Options(parsed));
            await action(operations, parsed, cancelled);
        });

    /// <summary>As <see cref="Run"/>, for a command that makes its own connections.</summary>
    public void RunAlone(Command command, Func<ParseResult, CancellationToken, Task> action) =>
        command.SetAction(async (parsed, cancelled) =>
        {
            try
            {
                await action(parsed, cancelled);
                await Out.FlushAsync(CancellationToken.None);
                return ExitCodes.Done;
            }
            catch (Exception exception)
            {
                return await FailAsync(exception, cancelled.IsCancellationRequested);
            }
        });

    private async Task<int> FailAsync(Exception exception, bool wasInterrupted)
    {
        try
        {
            // The output of what was done before the failure is written, as other tools do.
            await Out.FlushAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            // The first failure is the one to report.
        }

        if (ExitCodes.Say(exception, wasInterrupted) is { } line) await Error.WriteLineAsync(line);
        return ExitCodes.For(exception, wasInterrupted);
    }

    private static string[] Addresses(string text)
    {
        var addresses =
            text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (addresses.Length == 0) throw new UsageException("--connect: no address");
        foreach (var address in addresses)
        {
            if (!GatewayAddress.IsValid(address))
                throw new UsageException($"--connect: '{address}' is not an address such as {DefaultAddress}");
        }

        return addresses;
    }

    private static string Token(string file)
    {
        try
        {
            return GatewayEnvironment.ReadToken(file);
        }
        catch (IOException exception)
        {
            throw new UsageException($"--token-file: {exception.Message}");
        }
    }

    private static Option<string?> File(string name, string description) =>
        new(name) { Recursive = true, HelpName = "FILE", Description = description };

    private static string Namespace(string text) => Parsing.TryPath(text, out var path)
        ? path
        : throw new UsageException($"--namespace: '{text}' is not a path such as /prod/payments");

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUid();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGid();
}
