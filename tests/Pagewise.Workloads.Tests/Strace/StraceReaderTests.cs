using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Strace;

public sealed class StraceReaderTests
{
    [Theory]
    [InlineData("brk(NULL) = 0x1000", 0)]
    [InlineData("77 brk(NULL) = 0x1000", 77)]
    [InlineData("77    brk(NULL) = 0x1000", 77)]
    [InlineData("[pid    77] brk(NULL) = 0x1000", 77)]
    [InlineData("77 12:59:01 brk(NULL) = 0x1000", 77)]
    [InlineData("77 12:59:01.123456 brk(NULL) = 0x1000", 77)]
    [InlineData("77 1700000000.123456 brk(NULL) = 0x1000", 77)]
    [InlineData("1700000000.123456 brk(NULL) = 0x1000", 0)]
    [InlineData("77      0.000017 brk(NULL) = 0x1000", 77)]
    [InlineData("77 12:59:01 (+     0.000012) brk(NULL) = 0x1000", 77)]
    [InlineData("12:59:01 brk(NULL) = 0x1000 <0.000004>", 0)]
    public void PidsAndTimesOfEveryOptionAreTaken(string line, int tid)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(line)));
        var batch = new EventBatch();
        reader.Read(batch).ShouldBeTrue();
        batch.Events[0].ShouldBe(new Event(EventKind.Call, 0, 1, tid, 1));
        batch.Calls[0].Result.ShouldBe(0x1000);
    }

    [Fact]
    public void CallsStandWhereTheyResumed() => Calls(
        """
        1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>
        2 munmap(0x1000, 4096) = 0
        1 <... mmap resumed>) = 0x1000
        """).ShouldBe(["2:2 Munmap = 0", "3:1 Mmap Resumed, InFlight = 4096"]);

    [Fact]
    public void AResumedLineMayBringArguments() => Calls(
        """
        1 wait4(19167,  <unfinished ...>
        1 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 19167
        1 brk(NULL <unfinished ...>
        1 <... brk resumed>)                     = 0x1000
        """).ShouldBe(["2:1 Wait4 Resumed, InFlight = 19167", "4:1 Brk Resumed, InFlight = 4096"]);

    [Fact]
    public void AParentsCallStandsBeforeItsChildsFirstEvent() => Calls(
        """
        1 vfork( <unfinished ...>
        9 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>
        12 execve("/bin/echo", ["echo"], 0x7fff /* 45 vars */) = 0
        11 brk(NULL) = 0x1000
        9 <... clone resumed>, child_tidptr=0x7ff) = 12
        1 <... vfork resumed>) = 11
        """).ShouldBe(["2:9 Clone Resumed, ChildRanFirst = 12", "3:12 Execve = 0", "1:1 Vfork Resumed, ChildRanFirst = 11", "4:11 Brk = 4096"]);

    [Fact]
    public void AChildWhoseParentNeverReturnsTakesTheCallThatWaitsLongest() => Calls(
        """
        1 vfork( <unfinished ...>
        2 brk(NULL) = 0x1000
        1 +++ killed by SIGKILL +++
        """).ShouldBe(["1:1 Vfork Resumed, ChildRanFirst, ArgumentsIncomplete = 2", "2:2 Brk = 4096"]);

    [Fact]
    public void ACallThatNeverResumesIsKeptAsUnfinished() => Calls(
        """
        1 read(3,  <unfinished ...>
        2 munmap(0x1000, 4096 <unfinished ...>
        1 +++ exited with 0 +++
        3 brk(NULL) = 0x1000
        """).ShouldBe(["1:1 Read Unfinished, ArgumentsIncomplete = 0", "4:3 Brk = 4096", "2:2 Munmap Unfinished, ArgumentsIncomplete = 0"]);

    [Fact]
    public void ATaskKilledInACallHasNoResult() => Calls(
        """
        1 read(3,  <unfinished ...>
        1 <... read resumed> <unfinished ...>) = ?
        1 +++ killed by SIGKILL (core dumped) +++
        """).ShouldBe(["2:1 Read ResultUnknown, Resumed, ArgumentsIncomplete, InFlight = 0"]);

    [Fact]
    public void AThreadsExecveResumesUnderItsProcess() => Calls(
        """
        1 futex(0x7ff, FUTEX_WAIT, 1, NULL <unfinished ...>
        2 execve("/bin/true", ["true"], NULL <unfinished ...>
        1 <... futex resumed>) = ?
        1 +++ superseded by execve in pid 2 +++
        1 <... execve resumed>) = 0
        """).ShouldBe(["3:1 Unknown ResultUnknown, Resumed, ArgumentsIncomplete, InFlight = 0", "5:1 Execve Resumed, InFlight = 0"]);

    [Fact]
    public void LinesTornByStraceOnATerminalAreJoined() => Calls(
        """
        brk(NULL)                               = 0x405000
        fork(strace: Process 8478 attached
        )                                  = 8478
        [pid  8477] wait4(8478,  <unfinished ...>
        [pid  8478] exit_group(0)               = ?
        [pid  8478] +++ exited with 0 +++
        <... wait4 resumed>NULL, 0, NULL)       = 8478
        """).ShouldBe(["1:0 Brk = 4214784", "3:0 Fork = 8478", "5:8478 ExitGroup ResultUnknown = 0", "7:0 Wait4 Resumed, InFlight = 8478"]);

    [Fact]
    public void ACommandLineWithNewlinesIsHeader()
    {
        Recorded recorded = Recorded.Text("# vm log 1: python3 -c import x\n# y\nprint(1) = 2\n# kernel 6.18.44; strace 6.1\n1 brk(NULL) = 0x1\n");
        recorded.Events.Count(line => line.Contains("Header", StringComparison.Ordinal)).ShouldBe(3);
        recorded.Events.Count(line => line.Contains("Kernel", StringComparison.Ordinal)).ShouldBe(1);
        recorded.Counts[EventKind.Call].ShouldBe(1);
    }

    [Theory]
    [InlineData("#M 18745 555555554000-55555559d000 r--p 00000000 fe:00 1 /usr/bin/perl", NoteKind.Map, 18745, 0UL, "555555554000-55555559d000 r--p 00000000 fe:00 1 /usr/bin/perl")]
    [InlineData("#M 00400000-00401000 r--p 00000000 fe:00 11657405", NoteKind.Map, 0, 0UL, "00400000-00401000 r--p 00000000 fe:00 11657405")]
    [InlineData("#S 7 exec comm=perl threads=1", NoteKind.Stat, 7, 0UL, "exec comm=perl threads=1")]
    [InlineData("#L 7 stack=8388608", NoteKind.Limits, 7, 0UL, "stack=8388608")]
    [InlineData("#V 7 VmPeak=4116", NoteKind.Status, 7, 0UL, "VmPeak=4116")]
    [InlineData("#! 7 no copy of this exec", NoteKind.NoCopy, 7, 0UL, "no copy of this exec")]
    [InlineData("# maps periodic", NoteKind.MapsBegin, 0, 0UL, "periodic")]
    [InlineData("# case brk: below start", NoteKind.Case, 0, 0UL, "brk: below start")]
    [InlineData("# total minflt 2074 majflt 2", NoteKind.TotalFaults, 0, 2074UL, "2074 majflt 2")]
    [InlineData("# 18682 +++ exited with 3 +++", NoteKind.Exited, 18682, 3UL, "+++ exited with 3 +++")]
    [InlineData("18682 +++ killed by SIGSEGV +++", NoteKind.Killed, 18682, 11UL, "+++ killed by SIGSEGV +++")]
    [InlineData("5 --- SIGCHLD {si_signo=SIGCHLD, si_pid=7} ---", NoteKind.Signal, 5, 17UL, "--- SIGCHLD {si_signo=SIGCHLD, si_pid=7} ---")]
    [InlineData("5 --- SIGRT_1 {si_signo=SIGRT_1} ---", NoteKind.Signal, 5, 33UL, "--- SIGRT_1 {si_signo=SIGRT_1} ---")]
    [InlineData("strace: Process 19 attached", NoteKind.Tool, 0, 0UL, "Process 19 attached")]
    [InlineData("# anything else", NoteKind.Comment, 0, 0UL, "anything else")]
    [InlineData("#", NoteKind.Comment, 0, 0UL, "")]
    public void LinesThatAreNoCallsAreSorted(string line, NoteKind kind, int tid, ulong value, string body)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(line + "\n")));
        var batch = new EventBatch();
        reader.Read(batch).ShouldBeTrue();
        NoteRecord note = batch.Notes[0];
        note.Kind.ShouldBe(kind);
        batch.Events[0].Tid.ShouldBe(tid);
        note.Value.ShouldBe(value);
        System.Text.Encoding.ASCII.GetString(batch.Body(note)).ShouldBe(body);
        System.Text.Encoding.ASCII.GetString(batch.Line(note)).ShouldBe(line);
    }

    [Theory]
    [InlineData("100 touch(0x1000, 8192, W) = 0", AccessKind.Write, 0x1000UL, 8192UL, 4096L, TouchOutcome.Ok, 0, false, 0u)]
    [InlineData("100 touch(0x1000, 8192, R, -4096) = 0 /* minor 2 major 1, value 7 */", AccessKind.Read, 0x1000UL, 8192UL, -4096L, TouchOutcome.Ok, 0, true, 2u)]
    [InlineData("touch(4096, 2*4096, X)=-1 SIGSEGV (SEGV_ACCERR)", AccessKind.Execute, 0x1000UL, 8192UL, 4096L, TouchOutcome.SegmentationFault, 2, false, 0u)]
    [InlineData("# touch W 0x472000 = ok minflt+1 majflt+0", AccessKind.Write, 0x472000UL, 1UL, 4096L, TouchOutcome.Ok, 0, true, 1u)]
    [InlineData("# touch R 0x472000 = SIGBUS code 2 minflt+3 majflt+0", AccessKind.Read, 0x472000UL, 1UL, 4096L, TouchOutcome.BusError, 2, true, 3u)]
    public void TouchesOfBothFormsAreTaken(string line, AccessKind kind, ulong address, ulong length, long stride, TouchOutcome outcome, int code, bool hasFaults, uint minor)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(line + "\n")));
        var batch = new EventBatch();
        reader.Read(batch).ShouldBeTrue();
        TouchRecord touch = batch.Touches[0];
        (touch.Kind, touch.Address, touch.LengthBytes, touch.StrideBytes, touch.Outcome).ShouldBe((kind, address, length, stride, outcome));
        ((int)touch.SignalCode, touch.HasFaults, touch.MinorFaults).ShouldBe((code, hasFaults, minor));
    }

    [Theory]
    [InlineData("1 mmap(NULL, 99999999999999999999, PROT_READ, MAP_PRIVATE, -1, 0) = 0", 1, 14, "at most 64 bits")]
    [InlineData("1 brk(NULL) = 0x1\n1 mprotect(0x1000, 4096, PROT_BANANA) = 0", 2, 26, "a constant that Pagewise knows")]
    [InlineData("1 brk(NULL) = 0x1\n1 munmap(0x1000, 40", 2, 20, "the file is cut here")]
    [InlineData("1 munmap(0x1000) = 0", 1, 21, "2 arguments of munmap, there are 1")]
    [InlineData("1 brk(NULL) = -1 EBANANA", 1, 18, "an error's name")]
    [InlineData("1 brk(NULL)\n", 1, 12, "= and the call's result")]
    [InlineData("\u0001\u0002\u0003", 1, 1, "a call, \"name(arguments) = result\"")]
    [InlineData("1 brk(NULL <unfinished ...>\n1 <... munmap resumed>) = 0", 2, 8, "brk, which this task began in line 1")]
    [InlineData("1 touch(0xffffffffffffffff, 2, W) = 0", 1, 34, "a range below 2^64")]
    [InlineData("1 touch(0x1000, 4096, W, 0) = 0", 1, 27, "a stride that is not 0")]
    [InlineData("99999999999 brk(NULL) = 0", 1, 1, "a pid")]
    public void AMistakeIsNamedWithItsPlace(string text, long line, long column, string expected)
    {
        RecordingException fault = Should.Throw<RecordingException>(() => Recorded.Text(text, "bad.strace"));
        (fault.Line, fault.Column).ShouldBe((line, column), fault.Message);
        fault.Message.ShouldStartWith($"bad.strace:{line}:{column}: expected ");
        fault.Message.ShouldContain(expected);
        fault.Message.ShouldNotContain("\n");
    }

    private static List<string> Calls(string text)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(text)));
        var calls = new List<string>();
        var batch = new EventBatch();
        while (reader.Read(batch))
        {
            foreach (Event item in batch.Events.Span)
            {
                if (item.Kind != EventKind.Call)
                    continue;
                CallRecord call = batch.Calls[item.Index];
                CallFlags flags = call.Flags & ~CallFlags.HasResult;
                calls.Add($"{item.Line}:{item.Tid} {call.Sysno}{(flags == 0 ? "" : $" {flags}")} = {call.Result}");
            }
        }

        return calls;
    }
}
