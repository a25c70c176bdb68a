using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Lackey;

public sealed class LackeyReaderTests
{
    [Fact]
    public void ConsecutiveAccessesOfOneKindToOnePageAreARun() => Runs(
        """
        I  04001000,3
        I  04001003,5
         S 1fff000618,8
         S 1fff000610,8
        I  04001008,1
        I  04002000,1
         L 1fff000618,4
         M 1fff000618,4
        """).ShouldBe(
        [
            new(0x4001000, 2, AccessKind.Execute), new(0x1fff000618, 2, AccessKind.Write), new(0x4001008, 1, AccessKind.Execute),
            new(0x4002000, 1, AccessKind.Execute), new(0x1fff000618, 1, AccessKind.Read), new(0x1fff000618, 1, AccessKind.Write),
        ]);

    [Fact]
    public void AnAccessAcrossAPageEndIsTwo() => Runs(" L 04001ffc,8\n L 04002100,8\nI  04002fff,2\n").ShouldBe(
        [new(0x4001ffc, 1, AccessKind.Read), new(0x4002000, 2, AccessKind.Read), new(0x4002fff, 1, AccessKind.Execute), new(0x4003000, 1, AccessKind.Execute)]);

    [Fact]
    public void RunsMatchALineByLineReading()
    {
        var random = new Random(1);
        var text = new StringBuilder();
        var expected = new List<(AccessKind Kind, ulong Page)>();
        ulong address = 0x4000000;
        for (int i = 0; i < 200_000; i++)
        {
            address += (ulong)(random.Next(8) == 0 ? random.Next(1 << 14) : random.Next(16));
            int size = 1 << random.Next(6);
            int kind = random.Next(4);
            text.Append("I  \0 L \0 S \0 M ".Split('\0')[kind]).Append($"{address:x8},{size}\n");
            AccessKind access = kind == 0 ? AccessKind.Execute : kind == 1 ? AccessKind.Read : AccessKind.Write;
            for (ulong page = address >> 12; page <= (address + (ulong)size - 1) >> 12; page++)
                expected.Add((access, page));
        }

        var actual = new List<(AccessKind Kind, ulong Page)>();
        foreach (AccessRun run in Runs(text.ToString()))
            actual.AddRange(Enumerable.Repeat((run.Kind, run.Address >> 12), (int)run.Count));
        actual.ShouldBe(expected);
    }

    [Fact]
    public void SystemCallsStandBetweenTheAccesses()
    {
        Recorded recorded = Recorded.Text(
            """
            ==77== Lackey, an example Valgrind tool
            I  04001000,3
            SYSCALL[77,1](257) sys_openat ( 4294967196, 0x4034bb0(/lib/libc.so.6), 524288 ) --> [async] ...
            SYSCALL[77,1](257) ... [async] --> Success(0x3)
            I  04001000,3
            SYSCALL[77,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x4835000)
            SYSCALL[77,1](9) sys_mmap ( 0x4838000, 4096, 5, 2066, 3, 4096 ) --> [pre-success] Success(0x4838000)
            SYSCALL[77,1](56) sys_clone ( 3d0f00, 0x5618f70, 0x5619990, 0x5619990, 0x56196c0 ) --> [pre-success] Success(0x50) I  04a77b42,3
            SYSCALL[77,2](3) sys_close ( 3 )[sync] --> Success(0x0)
            SYSCALL[77,1](158) arch_prctl ( 4098, 4b522c0 ) --> [pre-success] Success(0x0)
            SYSCALL[77,1](334) unimplemented (by the kernel) syscall: 334! (ni_syscall)
             --> [pre-fail] Failure(0x26)
            SYSCALL[77,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4b52590, 0x0 )   clone(fork): process 77 created child 81
             --> [pre-success] Success(0x51)
            SYSCALL[77,1](72) sys_fcntl[ARG3=='arg'] ( 1, 0, 10 )[sync] --> Success(0xb)
            SYSCALL[77,1](15) sys_rt_sigreturn ( ) --> [pre-success] NoWriteResult
            SYSCALL[77,2](60) exit( 0 ) --> [pre-success] Success(0x0)
            SYSCALL[77,1](231) exit_group( 3 ) --> [pre-success] Success(0x0)
            """);
        string[] calls = recorded.Events.Where(line => line.Contains(" = ", StringComparison.Ordinal) && !line.Contains("Tool", StringComparison.Ordinal)).ToArray();
        calls[0].ShouldStartWith("4 77 Openat openat HasResult 3: ffffffffffffff9c 4034bb0 80000 0 0 0 = 3 '/lib/libc.so.6' '-' '/lib/libc.so.6'");
        calls[1].ShouldStartWith("6 77 Mmap mmap HasResult 6: 0 2000 3 22 ffffffffffffffff 0 = 4835000 '-' '-' '-'");
        calls[2].ShouldStartWith("7 77 Mmap mmap HasResult 6: 4838000 1000 5 812 3 1000 = 4838000 '-' '/lib/libc.so.6' '-'");
        calls[3].ShouldStartWith("8 77 Clone clone HasResult 5: 3d0f00 5618f70 5619990 5619990 56196c0 0 = 50");
        calls[4].ShouldStartWith("9 80 Close close HasResult 1: 3 0 0 0 0 0 = 0 '-' '/lib/libc.so.6' '-'");
        calls[5].ShouldStartWith("10 77 ArchPrctl arch_prctl HasResult 2: 1002 4b522c0");
        calls[6].ShouldStartWith("12 77 Unknown ni_syscall HasResult, ArgumentsIncomplete 0: 0 0 0 0 0 0 = ffffffffffffffda");
        calls[7].ShouldStartWith("14 77 Clone clone HasResult 5: 1200011");
        calls[8].ShouldStartWith("15 77 Fcntl fcntl HasResult, ArgumentsIncomplete 0: 0 0 0 0 0 0 = b");
        calls[9].ShouldStartWith("16 77 Unknown rt_sigreturn ResultUnknown, ArgumentsIncomplete");
        calls[10].ShouldStartWith("17 80 Exit exit ResultUnknown");
        calls[11].ShouldStartWith("18 77 ExitGroup exit_group ResultUnknown 1: 3");
        recorded.Events.Count(line => line.Contains("Execute", StringComparison.Ordinal)).ShouldBe(3);
        recorded.UnknownCalls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("I  04001000,3\nI  0400x000,3", 2, 4, "an address, a comma")]
    [InlineData("I  04001000,3\n L 04001000,0", 2, 4, "a size up to 4096")]
    [InlineData("I  04001000,3\n L 04001000,99999", 2, 4, "a size up to 4096")]
    [InlineData("I  04001000,3\n L ffffffffffffffff,2", 2, 4, "an address")]
    [InlineData("I  04001000,3\nhello", 2, 1, "I, L, S or M")]
    [InlineData("==x== y", 1, 3, "==PID==")]
    [InlineData("SYSCALL[1,1](9) sys_mmap ( 0x0 ) --> Banana", 1, 38, "Success( or Failure(")]
    [InlineData("SYSCALL[1,1](9) ... [async] --> Success(0x3)", 1, 45, "the result of a call that this thread began")]
    public void AMistakeIsNamedWithItsPlace(string text, long line, long column, string expected)
    {
        RecordingException fault = Should.Throw<RecordingException>(() => Recorded.Text(text, "bad.log"));
        (fault.Line, fault.Column).ShouldBe((line, column), fault.Message);
        fault.Message.ShouldContain(expected);
    }

    private static List<AccessRun> Runs(string text)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(Encoding.ASCII.GetBytes(text)));
        reader.Format.ShouldBe(RecordingFormat.Lackey);
        var runs = new List<AccessRun>();
        var batch = new EventBatch();
        while (reader.Read(batch))
            runs.AddRange(batch.AccessRuns.Span);
        return runs;
    }
}
