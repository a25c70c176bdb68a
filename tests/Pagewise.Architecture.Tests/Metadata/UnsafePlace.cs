namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>A member whose own signature or locals hold a pointer, or that calls into native code by itself.</summary>
internal readonly record struct UnsafePlace(TypeName Type, string Member, string What)
{
    public override string ToString() => $"{Type}.{Member} {What}";
}
