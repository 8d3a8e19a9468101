using Cluster.Client;

namespace Cluster.Client.Tests;

/// <summary>The addresses of gateways, and which of them get a token.</summary>
public sealed class GatewayAddressTests
{
    [Theory]
    [InlineData("http://node:1", "http://node:1/")]
    [InlineData("ipc://node:1", "http://node:1/")]
    [InlineData("https://node:1", "https://node:1/")]
    [InlineData("ipcs://node:1", "https://node:1/")]
    [InlineData("node:1", "http://node:1/")]
    [InlineData("unix:/run/ipc.sock", "unix:/run/ipc.sock")]
    public void An_address_has_one_form(string text, string expected) =>
        Assert.Equal(expected, GatewayAddress.Resolve(text).ToString());

    [Theory]
    [InlineData("unix:relative")]
    [InlineData("unix:")]
    [InlineData("ftp://node:1")]
    [InlineData("node")]
    [InlineData("")]
    public void What_is_no_address_is_refused(string text) => Assert.False(GatewayAddress.IsValid(text));

    [Theory]
    [InlineData("http://node:1")]
    [InlineData("ipc://node:1")]
    [InlineData("node:1")]
    public void A_token_is_not_sent_in_clear(string text)
    {
        var address = GatewayAddress.Resolve(text);
        Assert.Throws<IOException>(() => GatewayAddress.CheckToken(address, "secret"));
        GatewayAddress.CheckToken(address, "");
    }

    [Theory]
    [InlineData("https://node:1")]
    [InlineData("unix:/run/ipc.sock")]
    public void A_token_is_sent_where_nobody_else_hears_it(string text) =>
        GatewayAddress.CheckToken(GatewayAddress.Resolve(text), "secret");
}
