using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Cluster.Node.Security;
using Cluster.Security.Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Cluster.Node.Gateway;

/// <summary>The other end of a connection, and what it has shown of itself.</summary>
/// <param name="Address">Its address; null: unknown.</param>
internal sealed record Caller(EndPoint? Address)
{
    /// <summary>Who its certificate says that it is; null: it has shown none. The certificate was verified.</summary>
    public SignedIdentity? Certificate { get; init; }

    /// <summary>Who the kernel says that it is; null: the connection is no Unix socket.</summary>
    public PeerCredentials? Peer { get; init; }

    /// <summary>Its token; empty: none.</summary>
    public string Token { get; init; } = "";

    /// <summary>The caller at the other end of a connection.</summary>
    public static Caller Of(IFeatureCollection connection, EndPoint? address)
    {
        var socket = connection.Get<IConnectionSocketFeature>()?.Socket;
        X509Certificate2? certificate = connection.Get<ITlsConnectionFeature>()?.ClientCertificate;
        return new Caller(address ?? socket?.RemoteEndPoint)
        {
            Certificate = certificate is null ? null : SignedIdentity.Of(certificate),
            Peer = PeerCredentials.Of(socket),
        };
    }

    /// <summary>As people know it.</summary>
    public override string ToString() => Peer is { } peer ? $"process {peer.Pid} of user {peer.Uid}"
        : Certificate is { } certificate ? $"{certificate.Name} at {Address}"
        : Address is UnixDomainSocketEndPoint ? "a process of this machine" : $"{Address}";
}
