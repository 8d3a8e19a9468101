using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model;

/// <summary>A plain model of a kind whose objects have names and descriptions.</summary>
public interface INamedObjectModel : IObjectModel
{
    bool IsGone { get; }

    bool IsUnlinked { get; }

    /// <summary>The descriptions that a process holds.</summary>
    List<long> HeldBy(int pid);

    void Unlink();
}

/// <summary>One real object with a name.</summary>
public abstract class NamedObjectHost(EntityKey key, DirectoryEntry entry, long nowMs, ExecutorOptions? options)
    : ObjectHost(key, entry, nowMs, options)
{
    /// <summary>Unlink by root, as the directory asks for it.</summary>
    public void Unlink(long nowMs) => Machine.Ask(
        new Request { DestroyObject = new DestroyObject { Credentials = new Credentials() } }, 1, nowMs);

    protected override Errno? Answer(Request request) => Errno.None;
}

/// <summary>A random run of an object with a name, its descriptions included.</summary>
public abstract class NamedObjectRun : ObjectRun
{
    private readonly CallGenerator _calls;
    private readonly ExecutorOptions? _options;
    private INamedObjectModel _model = null!;

    protected NamedObjectRun(int seed, ExecutorOptions? options)
        : base(seed)
    {
        _calls = new CallGenerator(Random);
        _options = options;
        Renew();
    }

    protected override Limits Limits => new();

    /// <summary>Of so many calls one names a description that its process may not hold.</summary>
    protected virtual int NumbersPerWrongOne => 12;

    protected override Credentials NewCredentials() => _calls.Credentials();

    /// <summary>Creates a new object and its model. The name describes them.</summary>
    protected abstract (NamedObjectHost Host, INamedObjectModel Model, string Name) Create(
        DirectoryEntry entry, ExecutorOptions? options);

    protected sealed override (ObjectHost Host, IObjectModel Model, string Name) Create()
    {
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B4 };
        (var host, _model, var name) = Create(new DirectoryEntry { Permissions = permissions, TimeMs = NowMs }, _options);
        return (host, _model, name);
    }

    protected override void CompareState()
    {
        if (Random.Next(16) != 0 || IsRemoved) return;
        Start(new Client(-1, new Credentials()), Of(new DescriptionCall { Stat = new DescriptionStat() }));
        Compare();
    }

    protected void Unlink()
    {
        ((NamedObjectHost)Host).Unlink(NowMs);
        _model.Unlink();
    }

    /// <summary>Whether the process opens the object first, so that few calls fail for the lack of a description.</summary>
    protected bool HasToOpen(Client client) =>
        !_model.IsUnlinked && _model.HeldBy(client.Pid).Count == 0 && Random.Next(4) != 0;

    /// <summary>Mostly a description that the caller has.</summary>
    protected long Number(Client client)
    {
        var own = _model.HeldBy(client.Pid);
        return own.Count > 0 && Random.Next(NumbersPerWrongOne) != 0 ? own[Random.Next(own.Count)] : Random.Next(12);
    }

    protected Call Open(int flags) => Of(new DescriptionCall { Open = new DescriptionOpen { Flags = flags } });

    protected Call Close(Client client) =>
        Of(new DescriptionCall { Close = new DescriptionClose { Number = Number(client) } });

    protected static Call Of(DescriptionCall call) => new() { Description = call };

    /// <summary>The call, of which some have a time-out.</summary>
    protected Call Timed(Call call, int oneIn = 3) => _calls.Timed(call, oneIn);

    protected T Pick<T>(T[] of) => of[Random.Next(of.Length)];
}
