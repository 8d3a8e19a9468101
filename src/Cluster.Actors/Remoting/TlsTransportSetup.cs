using System.Net.Security;
using Akka.Actor.Setup;

namespace Cluster.Actors.Remoting;

/// <summary>What <see cref="TlsTransport"/>, which Akka creates itself, speaks TLS with. Both ends show a certificate.</summary>
/// <param name="accepts">The terms of the next connection of another node.</param>
/// <param name="connects">The terms of the next connection to another node.</param>
/// <param name="refused">Called with the address of a caller whose handshake has failed, and the reason.</param>
public sealed class TlsTransportSetup(
    Func<SslServerAuthenticationOptions> accepts, Func<SslClientAuthenticationOptions> connects,
    Action<string, string> refused) : Setup
{
    /// <summary>The terms of the next connection of another node.</summary>
    public Func<SslServerAuthenticationOptions> Accepts { get; } = accepts;

    /// <summary>The terms of the next connection to another node.</summary>
    public Func<SslClientAuthenticationOptions> Connects { get; } = connects;

    /// <summary>Called with the address of a caller whose handshake has failed, and the reason.</summary>
    public Action<string, string> Refused { get; } = refused;
}
