using Cluster.Core.Objects;
using Cluster.Node.Observing;
using Cluster.Node.Security;
using Cluster.Node.Settings;
using Cluster.Protocol;
using Cluster.Security.Certificates;
using Cluster.Security.Policies;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>
/// Admission by what a caller shows: a Unix socket (the kernel says who is at the other end), a certificate, or a token.
/// Without any of them a caller is who it says it is, if the node trusts callers
/// (<see cref="NodeOptions.TrustsCallers"/>), and nobody otherwise.
/// </summary>
internal sealed class Admission(
    NodeOptions options, NodePolicy policy, NodeJwt jwt, AuditLog audit, Refusals refusals) : IAdmission
{
    private const string Trusted = "nothing";

    public Identity Identify(Caller caller)
    {
        var rules = policy.Current;
        if (jwt.MayBe(caller.Token))
        {
            var (owner, reason) = jwt.Read(caller.Token);
            return owner is not null ? Stated(caller, "signed token", owner, rules) : throw Stranger(caller, reason);
        }

        if (caller.Token.Length > 0)
        {
            return rules?.FindByToken(caller.Token) is { } owner
                ? Known(caller, "token", owner.Name, owner.Uid, owner.Gid, owner.Groups, owner)
                : throw Stranger(caller, "nobody has its token");
        }

        if (caller.Peer is { } peer)
        {
            var name = $"{PolicyFile.UserPrefix}{peer.Uid}";
            var own = rules?.Find(name);
            return new Identity(name, "unix socket", peer.Uid, peer.Gid, peer.Groups, peer.Uid == 0, own);
        }

        if (caller.Certificate is { } certificate) return Stated(caller, "certificate", certificate, rules);
        if (options.TrustsCallers)
            return new Identity("anybody", Trusted, null, Bounds.OverflowId, [], true, null);
        throw Stranger(caller, "it shows neither a certificate nor a token");
    }

    public Identity Return(Caller caller, int pid)
    {
        var identity = Identify(caller);
        audit.Add("returned", identity.Name, ("from", caller), ("shown", identity.Shown), ("pid", pid));
        return identity;
    }

    public Credentials Admit(Caller caller, Credentials? stated, string? path)
    {
        var identity = Identify(caller);
        if (path is not null && identity.Rules?.MayEnter(path) == false)
            throw Forbidden(caller, $"{identity.Name} may not enter the namespace {(path.Length == 0 ? "/" : path)}");
        var own = OwnCredentials(identity);
        var credentials = stated is null ? own
            : identity.IsRoot ? stated.Clone()
            : MayBe(identity, stated) ? stated.Clone()
            : throw Forbidden(
                caller,
                $"{identity.Name} is user {own.Uid} of group {own.Gid}, and may not be user {stated.Uid} of group {stated.Gid}"
                + (stated.Groups.Count > 0 ? $" and groups {string.Join(',', stated.Groups)}" : ""));
        credentials.ClearKinds(); // nothing that a client writes
        if (identity.Rules?.Kinds is { } words) credentials.Kinds = MaskOf(words);
        if (path is not null)
            audit.Add(
                "admitted", identity.Name, ("from", caller), ("shown", identity.Shown), ("uid", credentials.Uid),
                ("gid", credentials.Gid), ("namespace", path.Length == 0 ? "/" : path));
        return credentials;
    }

    // An authority or an issuer has signed who it is.
    private Identity Stated(Caller caller, string shown, SignedIdentity signed, Policy? rules)
    {
        // Names of users at the Unix socket.
        if (signed.Name.StartsWith(PolicyFile.UserPrefix, StringComparison.Ordinal))
            throw Stranger(caller, $"no certificate or token is called {signed.Name}");
        var own = rules?.Find(signed.Name);
        if (rules is not null && own is null) throw Stranger(caller, $"the policy has no identity \"{signed.Name}\"");
        // The user of the policy counts, and the group and groups beside it.
        return own?.Uid is { } uid
            ? Known(caller, shown, signed.Name, uid, own.Gid, own.Groups, own)
            : Known(caller, shown, signed.Name, signed.Uid, signed.Gid, signed.Groups, own);
    }

    private Identity Known(
        Caller caller, string shown, string name, uint? uid, uint? gid, IReadOnlyList<uint> groups, PolicyIdentity? rules)
    {
        if (uid is not { } user)
            throw Stranger(caller, $"neither what it shows nor the policy says which user \"{name}\" is");
        // Without a policy the authority alone says who is root. With one its word is not enough.
        var isRoot = rules?.IsRoot ?? user == 0;
        if (user == 0 && !isRoot)
            throw Stranger(caller, $"\"{name}\" is user 0, and the policy does not say \"root\": true");
        return new Identity(name, shown, user, gid ?? user, groups, isRoot, rules);
    }

    private static Credentials OwnCredentials(Identity identity) => new()
    {
        Uid = identity.Uid ?? Bounds.OverflowId, Gid = identity.Gid, Groups = { identity.Groups },
    };

    private static bool MayBe(Identity identity, Credentials stated) =>
        stated.Uid == identity.Uid && IsOwn(identity, stated.Gid) && stated.Groups.All(group => IsOwn(identity, group));

    private static bool IsOwn(Identity identity, uint group) => group == identity.Gid || identity.Groups.Contains(group);

    private static ulong MaskOf(IReadOnlyList<string> words)
    {
        var mask = 0UL;
        foreach (var kind in ObjectKinds.All)
        {
            if (words.Contains(kind.Word)) mask |= 1UL << (int)kind.Kind;
        }

        return mask;
    }

    // A stranger does not learn what would be right.
    private RpcException Stranger(Caller caller, string reason)
    {
        Tell(caller, reason);
        return new RpcException(new Grpc.Core.Status(
            StatusCode.Unauthenticated, "the node does not know you: it wants a certificate or a token"));
    }

    private RpcException Forbidden(Caller caller, string reason)
    {
        Tell(caller, reason);
        return new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, reason));
    }

    private void Tell(Caller caller, string reason) => refusals.Tell(nameof(Admission), $"{caller}", reason);
}
