using Cluster.Security.Policies;

namespace Cluster.Security.Tests;

/// <summary>A policy file says what it means, or is refused with the place and with what would be right.</summary>
public sealed class PolicyFileTests
{
    private const string Hash = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly PolicyFile File = new(["msg", "sem"]);

    [Fact]
    public void All_members_are_read()
    {
        var policy = File.Parse($$"""
            // comments and commas at the end are allowed
            {
              "identities": {
                "alice": { "uid": 1000, "gid": 100, "groups": [27, 4294967294], "root": true, "namespaces": ["/", "/a/b"],
                           "kinds": ["msg"], "tokens": ["{{Hash}}"], },
                "bob": {},
              },
            }
            """);
        var alice = policy.Find("alice")!;
        Assert.Equal((1000u, 100u, true), (alice.Uid, alice.Gid, alice.IsRoot));
        Assert.Equal([27u, 4294967294u], alice.Groups);
        Assert.Equal(["/", "/a/b"], alice.Namespaces);
        Assert.True(alice.MayCall("msg"));
        Assert.False(alice.MayCall("sem"));
        Assert.Equal([0xAA, .. Enumerable.Repeat((byte)0xAA, 31)], Assert.Single(alice.TokenHashes));
        var bob = policy.Find("bob")!;
        Assert.Null(bob.Uid);
        Assert.True(bob.MayCall("sem"));
        Assert.True(bob.MayEnter("/anything"));
        Assert.Null(policy.Find("Alice"));
        Assert.Equal(["alice", "bob"], policy.Identities.Select(identity => identity.Name));
    }

    [Theory]
    [InlineData("", "no valid JSON")]
    [InlineData("[]", "the file is not an object with the member \"identities\"")]
    [InlineData("{}", "the file has no member \"identities\"")]
    [InlineData("{\"identitys\":{}}", "\"identitys\" is unknown: there is \"identities\"")]
    [InlineData("{\"identities\":[]}", "\"identities\" is not an object")]
    [InlineData("{\"identities\":{},\"identities\":{}}", "no valid JSON")]
    [InlineData("{\"identities\":{\"a\":{},\"a\":{}}}", "no valid JSON")]
    [InlineData("{\"identities\":{\"\":{}}}", "identity \"\" is not 1 to 256 characters long")]
    [InlineData("{\"identities\":{\"a\":1}}", "identity \"a\" is not an object")]
    [InlineData("{\"identities\":{\"a\":{\"user\":1}}}", "identity \"a\": \"user\" is unknown: there are uid, gid,")]
    [InlineData("{\"identities\":{\"a\":{\"uid\":-1}}}", "\"uid\" is not a number from 0 to 4294967294")]
    [InlineData("{\"identities\":{\"a\":{\"uid\":4294967295}}}", "\"uid\" is not a number from 0 to 4294967294")]
    [InlineData("{\"identities\":{\"a\":{\"uid\":1.5}}}", "\"uid\" is not a number from 0 to 4294967294")]
    [InlineData("{\"identities\":{\"a\":{\"uid\":\"1\"}}}", "\"uid\" is not a number from 0 to 4294967294")]
    [InlineData("{\"identities\":{\"a\":{\"uid\":0}}}", "\"uid\" is 0: add \"root\": true")]
    [InlineData("{\"identities\":{\"uid:7\":{\"uid\":8}}}", "it has namespaces and kinds alone")]
    [InlineData("{\"identities\":{\"uid:7\":{\"root\":true}}}", "it has namespaces and kinds alone")]
    [InlineData("{\"identities\":{\"a\":{\"gid\":1}}}", "\"gid\" needs \"uid\" as well")]
    [InlineData("{\"identities\":{\"a\":{\"groups\":7}}}", "\"groups\" is not a list")]
    [InlineData("{\"identities\":{\"a\":{\"groups\":[-7]}}}", "\"groups\" is not a number from 0 to")]
    [InlineData("{\"identities\":{\"a\":{\"root\":1}}}", "\"root\" is not true or false")]
    [InlineData("{\"identities\":{\"a\":{\"namespaces\":[\"prod\"]}}}", "'prod' is not an absolute path")]
    [InlineData("{\"identities\":{\"a\":{\"namespaces\":[\"/prod/\"]}}}", "'/prod/' is not an absolute path")]
    [InlineData("{\"identities\":{\"a\":{\"kinds\":[\"shm\"]}}}", "'shm' is not one of msg, sem")]
    [InlineData("{\"identities\":{\"a\":{\"kinds\":[1]}}}", "'1' is not one of msg, sem")]
    [InlineData("{\"identities\":{\"a\":{\"tokens\":[\"secret\"]}}}", "'secret' is not \"sha256:\" and 64 hexadecimal digits")]
    public void What_is_wrong_is_named(string text, string error)
    {
        var exception = Assert.Throws<SecurityException>(() => File.Parse(text));
        Assert.Contains(error, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void A_token_has_one_owner()
    {
        var exception = Assert.Throws<SecurityException>(
            () => File.Parse($$"""{"identities":{"a":{"tokens":["{{Hash}}"]},"b":{"tokens":["{{Hash}}"] } } }"""));
        Assert.Equal("identity \"b\": a token is also one of \"a\"", exception.Message);
    }

    [Fact]
    public void A_token_finds_its_owner()
    {
        var hash = Convert.ToHexString(Policy.HashOf("right"));
        var policy = File.Parse($$"""{"identities":{"a":{},"b":{"uid":1,"tokens":["sha256:{{hash}}"] } } }""");
        Assert.Equal("b", policy.FindByToken("right")?.Name);
        Assert.Null(policy.FindByToken("wrong"));
        Assert.Null(policy.FindByToken(""));
        Assert.Null(policy.FindByToken(new string('a', Policy.MostTokenChars + 1)));
    }

    [Fact]
    public void A_file_without_an_end_is_refused() =>
        Assert.Contains("more than", Assert.Throws<SecurityException>(() => File.Read("/dev/zero")).Message);

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var exception = Assert.Throws<SecurityException>(() => File.Read("/no/such/policy.json"));
        Assert.StartsWith("/no/such/policy.json: ", exception.Message, StringComparison.Ordinal);
    }

    // Whatever the text is: a policy, or an error in one line. The seed is printed.
    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        var seed = Environment.TickCount;
        Console.WriteLine($"policy files: seed {seed}");
        var random = new Random(seed);
        var valid = $$"""{"identities":{"a":{"uid":1,"gid":2,"groups":[3],"namespaces":["/x"],"tokens":["{{Hash}}"]},"b":{} } }""";
        var read = 0;
        for (var turn = 0; turn < 20_000; turn++)
        {
            var text = valid.ToCharArray();
            for (var change = random.Next(4); change >= 0; change--)
                text[random.Next(text.Length)] = random.Next(3) == 0 ? (char)random.Next(1, 0xFFFF) : "{}[]\",:019ae/-\\"[random.Next(15)];
            try
            {
                File.Parse(new string(text));
                read++;
            }
            catch (SecurityException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.InRange(read, 1, 19_999);
    }
}
